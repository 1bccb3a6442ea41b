"""The Markdown report of a run: confusion, calibration, and the worst errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from coach.instruction.questions import NOT_ANSWERED
from eval.cases import Asked
from eval.metrics import expected_calibration_error, reliability, share

WORST = 20
ASKED_BACK = "asked back"
REFUSED = "refused"
BAR = 20


def write_report(path: Path, asked: Sequence[Asked]) -> None:
    """Write the report of a run to a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["# Recognition of unseen questions", ""]
    lines += [f"{len(asked)} questions, {len({one.question.author for one in asked})} authors.", ""]
    lines += [*_confusion(asked), "", *_calibration(asked), "", *_styles(asked), ""]
    lines += _worst(asked)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _outcome(one: Asked) -> str:
    if one.reply.answered and one.first:
        return one.first
    return REFUSED if one.reply.refusal else ASKED_BACK


def _confusion(asked: Sequence[Asked]) -> list[str]:
    """Rows: what was meant; columns: what was shown."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in asked:
        if one.is_one or one.is_none:
            counts[one.question.situation_ids[0], _outcome(one)] += 1
    meant = sorted({row for row, _ in counts} - {NOT_ANSWERED})
    columns = [*meant, ASKED_BACK, REFUSED]
    lines = ["## Confusion", "", "Rows: what was meant. Columns: the card that was shown.", ""]
    lines += [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in [*meant, NOT_ANSWERED]:
        cells = [str(counts[row, column] or "") for column in columns]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return lines


def _calibration(asked: Sequence[Asked]) -> list[str]:
    sure = [one for one in asked if one.first]
    confidences, right = [one.confidence for one in sure], [one.is_right for one in sure]
    error = expected_calibration_error(confidences, right)
    lines = ["## Calibration", "", f"Expected calibration error {error:.3f}.", ""]
    lines += ["| confidence | questions | mean confidence | right | |", "|---|---|---|---|---|"]
    for one in reliability(confidences, right):
        bar = "█" * round(one.accuracy * BAR)
        lines.append(
            f"| {one.low:.1f}–{one.high:.1f} | {one.count} | {one.confidence:.3f} "
            f"| {one.accuracy:.3f} | {bar} |"
        )
    return lines


def _styles(asked: Sequence[Asked]) -> list[str]:
    """Shown right by the style of writing, one-situation questions."""
    lines = ["## By style", "", "| style | questions | shown right |", "|---|---|---|"]
    for style in sorted({one.question.style for one in asked}):
        own = [one for one in asked if one.is_one and one.question.style == style]
        if own:
            shown = share([one.is_right and one.reply.answered for one in own])
            lines.append(f"| {style or '–'} | {len(own)} | {shown:.3f} |")
    return lines


def _worst(asked: Sequence[Asked]) -> list[str]:
    """The wrong cards that were shown with the greatest confidence."""
    wrong = [one for one in asked if one.reply.answered and not one.is_right]
    wrong.sort(key=lambda one: -one.confidence)
    lines = [f"## The {WORST} worst errors", "", "| question | meant | shown | confidence | why |"]
    lines.append("|---|---|---|---|---|")
    for one in wrong[:WORST]:
        words = ", ".join(one.reply.evidence[0].words) if one.reply.evidence else ""
        question = one.typed.replace("|", "/").replace("\n", " ")
        meant = ", ".join(one.question.situation_ids)
        lines.append(f"| {question} | {meant} | {one.first} | {one.confidence:.2f} | {words} |")
    return lines
