"""The command `coach`: parse, call, print."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from coach.assembly import build_coach, build_index, build_search, report_to_stderr
from coach.errors import CoachError, ModelError, SettingsError
from coach.language.repair import READ_CHARS, is_too_long
from coach.settings import Settings, load_settings, quiet_environment
from coach.texts import text

if TYPE_CHECKING:
    from coach.answering.reply import AdviceSentence, Choice, Reply
    from coach.coaching import Coach

QUIT_SIGNALS = (130, 141)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return the exit status (0 fine, 1 failed, 2 wrong usage)."""
    options = _parser().parse_args(arguments)
    _prepare_output(
        is_json=bool(getattr(options, "json", False) or getattr(options, "batch", None))
    )
    try:
        return int(options.run(options, load_settings()))
    except CoachError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return QUIT_SIGNALS[0]
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return QUIT_SIGNALS[1]


def _prepare_output(*, is_json: bool) -> None:
    """JSON is always UTF-8; of other words a sign that the terminal's encoding lacks is «?»."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8" if is_json else None, errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coach",
        description="Says what the company's instruction tells an operator to say and do.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    index = commands.add_parser("index", help="check the knowledge and build the index")
    index.add_argument("--force", action="store_true", help="build even when nothing changed")
    index.set_defaults(run=_index)
    check = commands.add_parser("check", help="check the knowledge, or a question to be added")
    check.add_argument("--question", help="a question that is about to join the bank")
    check.add_argument("--situation", help="its situation, or two of them with a comma")
    check.set_defaults(run=_check)
    ask = commands.add_parser("ask", help="answer one question, or a file of them")
    what = ask.add_mutually_exclusive_group(required=True)
    what.add_argument("question", nargs="?", help="the question, as an operator types it")
    what.add_argument(
        "--batch", type=Path, metavar="FILE", help="JSON lines with id and question (or turns)"
    )
    ask.add_argument("--json", action="store_true", help="print the whole reply as JSON")
    ask.set_defaults(run=_ask)
    search = commands.add_parser("search", help="find passages in any Russian documents")
    search.add_argument("--documents", type=Path, required=True, metavar="FOLDER")
    search.add_argument("--count", type=int, default=5, help="how many passages (default 5)")
    wanted = search.add_mutually_exclusive_group(required=True)
    wanted.add_argument("question", nargs="?", help="what to look for")
    wanted.add_argument("--batch", type=Path, metavar="FILE", help="JSON lines with id, question")
    search.add_argument("--json", action="store_true", help="print the passages as JSON")
    search.set_defaults(run=_search)
    chat = commands.add_parser("chat", help="converse in the terminal")
    chat.set_defaults(run=_chat)
    ui = commands.add_parser("ui", help="serve the pages")
    ui.set_defaults(run=_ui)
    evaluation = commands.add_parser(
        "eval",
        help="check the replies against the gold set",
        add_help=False,
        prefix_chars="\0",  # its options are the evaluation's own: all are passed on
    )
    evaluation.add_argument("asked", nargs="*")
    evaluation.set_defaults(run=_eval)
    doctor = commands.add_parser("doctor", help="say what is wrong here and what to do")
    doctor.set_defaults(run=_doctor)
    return parser


def _index(options: argparse.Namespace, settings: Settings) -> int:
    built = build_index(settings, force=options.force)
    print(text("index.built" if built else "index.fresh", folder=settings.index))
    return 0


def _check(options: argparse.Namespace, settings: Settings) -> int:
    from coach.checking import check_knowledge, check_new_question

    if bool(options.question) != bool(options.situation):
        raise SettingsError(text("check.both_needed"))
    if options.question:
        names = [name.strip() for name in options.situation.split(",")]
        lines, is_fine = check_new_question(options.question, names, settings)
    else:
        lines, is_fine = check_knowledge(settings)
    print(_printable("\n".join(lines)))
    return 0 if is_fine else 1


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    if options.batch:
        return _ask_batch(options.batch, settings)
    coach = build_coach(settings)
    reply = coach.reply([], options.question)
    _tell_too_long(options.question)
    if options.json:
        print(_as_line(coach.advise([], reply).to_json()))
    else:
        _print_reply(coach, [], reply)
    return 0


def _tell_too_long(message: str) -> None:
    if is_too_long(message):
        report_to_stderr(text("ask.too_long", count=READ_CHARS))


def _print_reply(coach: Coach, conversation: list[Reply], reply: Reply) -> None:
    """Print the card at once, then the model's advice, each sentence as it is proven."""
    from coach.answering.reply import DroppedSentence

    print(_printable(reply.text), flush=True)
    if not reply.answered or not coach.model:
        return
    shown: list[AdviceSentence] = []
    dropped = 0
    try:
        for sentence in coach.stream_advice(conversation, reply):
            if isinstance(sentence, DroppedSentence):
                dropped += 1
                continue
            if not shown:
                print(f"\n{text('advice.heading', model=coach.model)}")
            shown.append(sentence)
            print(_printable(sentence.text), flush=True)
        if dropped:
            print(f"\n{text('advice.dropped', count=dropped)}")
    except ModelError as error:
        print(f"\n{error}")


def _ask_batch(path: Path, settings: Settings) -> int:
    from coach.batch import answer_batch

    with _open_batch(path) as lines:
        return _print_answers(answer_batch(build_coach(settings), lines))


def _search(options: argparse.Namespace, settings: Settings) -> int:
    from coach.batch import search_batch

    count = max(1, options.count)
    if options.batch:
        with _open_batch(options.batch) as lines:
            search = build_search(options.documents, settings)
            return _print_answers(search_batch(search, lines, count))
    found = build_search(options.documents, settings).search(options.question, count)
    if options.json:
        from coach.searching import to_row

        print(_as_line({"passages": [to_row(one) for one in found]}))
    else:
        for one in found:
            passage = one.passage
            place = f"{passage.document} [{passage.start}:{passage.end}]"
            print(_printable(f"{place}\n{passage.text.strip()}\n"))
    return 0


def _open_batch(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise SettingsError(text("batch.no_file", path=path, fault=error.strerror)) from error


def _print_answers(answers: Iterable[dict[str, Any]]) -> int:
    status = 0
    for answer in answers:
        print(_as_line(answer), flush=True)
        status = 1 if "error" in answer else status
    return status


def _as_line(answer: object) -> str:
    return _printable(json.dumps(answer, ensure_ascii=False))


def _printable(words: str) -> str:
    """Replace what UTF-8 cannot carry (lone surrogates) by its escape."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


def _chat(options: argparse.Namespace, settings: Settings) -> int:
    coach = build_coach(settings)
    print(text("chat.greeting"))
    replies: list[Reply] = []
    while True:
        try:
            message = input(text("chat.prompt"))
        except EOFError:
            print()
            return 0
        picked = _picked_choice(message, replies[-1].choices if replies else ())
        if picked:
            reply = coach.reply_with(replies[-1].question, picked)
        elif message.strip():
            reply = coach.reply(replies, message)
            _tell_too_long(message)
            reply = coach.reword(replies, reply) or reply
        else:
            continue
        print()
        _print_reply(coach, replies, reply)
        print()
        replies.append(reply)


def _picked_choice(message: str, choices: tuple[Choice, ...]) -> str | None:
    number = message.strip()
    if number.isascii() and number.isdigit() and 1 <= int(number) <= len(choices):
        return choices[int(number) - 1].id
    return None


def _ui(options: argparse.Namespace, settings: Settings) -> int:
    from coach.serving import serve_page

    serve_page(settings)
    return 0


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    """Run the evaluation, which stands above this package and is never imported by it."""
    command = [sys.executable, "-m", "eval", *options.asked]
    return subprocess.run(command, env=quiet_environment(), check=False).returncode


def _doctor(options: argparse.Namespace, settings: Settings) -> int:
    from coach.doctor import print_findings

    return 0 if print_findings(settings) else 1


if __name__ == "__main__":
    sys.exit(main())
