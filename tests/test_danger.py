"""Danger to life comes before everything, and stays until somebody says that it is over."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from coach import build_coach
from coach.answering.reply import Reply
from coach.assembly import report_nothing
from coach.coaching import Coach
from coach.errors import KnowledgeError
from coach.index.e5 import E5File, packaged_weights, quantise
from coach.instruction.danger import CALM, DANGER, danger_files, read_danger
from coach.instruction.knowledge import load_knowledge
from coach.safety.detector import CERTAIN, POSSIBLE, Danger, combine, follow_danger
from coach.safety.encoder import ADAPTER, adapt, load_encoder, read_adapter
from coach.settings import Settings
from coach.teaching import publish, teach_question, undo

IN_DANGER = (
    "женщина задыхается, что мне ей говорить",
    "бабушка потеряла сознание, слышу только хрип",
    "ребёнок не дышит, что мне сказать маме?",
    "ребёнок один дома и пожар",
    "клиента током ударило",
    "передоз, теряет сознание",
    "говорит, что хочет умереть",
    "папа бьёт маму",
    "собирается прыгать с моста",
    "истекает кровью",
    "у него ружьё в руках",
    "болит в груди, отдаёт в левую руку",
    "абонент говорит что покончит с собой",
)
CALM_ONES = (
    "умираю со смеху с этого клиента",
    "клиент угрожает мне судом",
    "мне угрожают по телефону",
    "требует телефон директора",
    "ребёнок плачет и хочет поиграть",
    "я простыла, голос сел",
    "телефон у клиента умирает, два процента",
)


@pytest.mark.parametrize("message", IN_DANGER)
def test_danger_gets_112_whatever_else_the_message_holds(coach: Coach, message: str) -> None:
    reply = coach.reply([], message)
    assert reply.danger in (POSSIBLE, CERTAIN)
    assert reply.emergency is not None
    assert reply.text.startswith(reply.emergency.headline)
    assert "112" in reply.emergency.headline
    assert "супервайзера" in reply.emergency.headline


@pytest.mark.parametrize("message", CALM_ONES)
def test_a_look_alike_is_no_certain_danger(coach: Coach, message: str) -> None:
    assert coach.reply([], message).danger != CERTAIN


@pytest.fixture(scope="module")
def certain(coach: Coach) -> Reply:
    reply = coach.reply([], "говорит что сейчас прыгнет с крыши")
    assert reply.danger == CERTAIN
    return reply


def test_certain_danger_is_refused_with_what_the_trainers_wrote(certain: Reply) -> None:
    assert (certain.answered, certain.refusal) == (False, DANGER)
    assert certain.say == certain.do == ()
    assert certain.choices


def test_danger_stays_while_it_is_followed_up(coach: Coach, certain: Reply) -> None:
    follow_up = coach.reply([certain], "а если не успокоится?")
    assert (follow_up.danger, follow_up.refusal) == (CERTAIN, DANGER)


def test_danger_stays_as_a_banner_above_another_card(coach: Coach, certain: Reply) -> None:
    card = coach.reply([certain], "клиент требует телефон директора")
    assert (card.answered, card.danger, card.refusal) == (True, POSSIBLE, None)
    assert card.situations[0].id == "boss_phone"


@pytest.mark.parametrize("message", ["вызвала скорую, они едут", "ложная тревога"])
def test_danger_goes_when_help_is_called(coach: Coach, certain: Reply, message: str) -> None:
    assert coach.reply([certain], message).danger is None


def test_danger_goes_with_the_call(coach: Coach, certain: Reply) -> None:
    assert coach.reply([certain], "новый звонок: требует директора").danger is None


def test_what_is_dismissed_is_answered_as_it_would_have_been(coach: Coach, certain: Reply) -> None:
    dismissed = coach.dismiss_danger([], certain)
    assert (dismissed.danger, dismissed.danger_dismissed) == (CERTAIN, True)
    assert dismissed.refusal != DANGER
    assert dismissed.emergency is None
    assert "112" not in dismissed.text
    assert coach.reply([dismissed], "а если не поможет?").danger is None


def test_an_emergency_of_the_operator_keeps_the_operators_card(coach: Coach) -> None:
    reply = coach.reply([], "у меня онемела рука и перекосило лицо, говорить не могу")
    assert (reply.danger, reply.refusal) == (CERTAIN, DANGER)
    assert [situation.id for situation in reply.situations] == ["operator_unwell"]
    assert reply.do
    assert reply.text.index("112") < reply.text.index(reply.do[0].text)


def test_a_message_of_the_bank_is_what_the_bank_says(coach: Coach) -> None:
    guide = coach.knowledge.danger
    for message in guide.messages[::97]:
        is_danger = not message.situation_ids[0].startswith(CALM)
        assert coach.reply([], message.text).danger == (CERTAIN if is_danger else None)


@pytest.mark.parametrize(
    ("level", "earlier", "is_answered", "expected"),
    [
        (None, None, True, None),
        (None, POSSIBLE, True, POSSIBLE),
        (None, CERTAIN, False, CERTAIN),
        (None, CERTAIN, True, POSSIBLE),
        (POSSIBLE, CERTAIN, False, CERTAIN),
        (CERTAIN, None, True, CERTAIN),
    ],
)
def test_danger_is_followed(
    level: str | None, earlier: str | None, is_answered: bool, expected: str | None
) -> None:
    assert follow_danger(Danger(level), earlier, is_answered=is_answered).level == expected


def test_the_worst_clause_counts_beside_the_whole() -> None:
    assert combine([-1.0, -2.0], [0.5], [3.0, -4.0]).tolist() == [-1.0, 0.5, 3.0]
    assert combine([-1.0], [0.5, 2.0], []).tolist() == [-1.0, 2.0, -1.0]


def test_a_matrix_of_the_weights_comes_back_bit_for_bit() -> None:
    file = E5File(packaged_weights())
    assert file.replace({"l0.q.w": file.matrix("l0.q.w", file.hidden)}) == file.replace({})
    noisy = np.linspace(-1, 1, 64 * 32, dtype=np.float32).reshape(64, 32)
    assert len(quantise(noisy)) == 64 * 18


def test_the_engine_gives_what_torch_gives(real_settings: Settings) -> None:
    from eval.danger_encoder import MATRICES, Encoder

    changes = read_adapter(ADAPTER)
    file = E5File(packaged_weights())
    torch_encoder = Encoder(file).eval()
    served = E5File(packaged_weights())
    served._bytes = bytearray(adapt(file, changes))
    texts = ["у него ружьё в руках", "Ёлка за 112 рублей — «да»…", "qwerty", "а" * 100]
    import torch

    for number, layer in enumerate(torch_encoder.bert.encoder.layer):
        modules = (
            layer.attention.self.query,
            layer.attention.self.key,
            layer.attention.self.value,
            layer.attention.output.dense,
            layer.intermediate.dense,
            layer.output.dense,
        )
        for name, module in zip(MATRICES, modules, strict=True):
            columns = module.weights.shape[1]
            module.weights = torch.tensor(served.matrix(f"l{number}.{name}.w", columns))
    with torch.no_grad():
        vectors = torch_encoder.vectors([torch_encoder.tokens(text) for text in texts]).numpy()
    engine = load_encoder(real_settings.index / "embedders").engine
    assert np.sum(vectors * engine.embed(texts), axis=1).min() > 0.999


def test_a_trainer_teaches_what_is_danger_and_takes_it_back(desk_settings: Settings) -> None:
    message = "шкаф с архивом пополз прямо на неё"
    before = build_coach(desk_settings, report=report_nothing).reply([], message)
    assert before.danger != CERTAIN
    change = teach_question(message, DANGER, desk_settings)
    publish(change, desk_settings)
    taught = build_coach(desk_settings, report=report_nothing)
    assert taught.reply([], message).danger == CERTAIN
    undo(change, desk_settings)
    publish(teach_question(message, CALM, desk_settings), desk_settings)
    calm = build_coach(desk_settings, report=report_nothing)
    assert calm.reply([], message).danger is None


def test_a_folder_without_danger_uses_what_the_product_comes_with(tmp_path: Path) -> None:
    guide, slips = read_danger(tmp_path)
    assert slips == []
    assert guide is not None
    assert guide.response.number == "112"
    (tmp_path / "danger").mkdir()
    (tmp_path / "danger" / "calm.txt").write_text("тихо\n", encoding="utf-8")
    assert danger_files(tmp_path)["calm.txt"] == tmp_path / "danger" / "calm.txt"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": ""}, "number"),
        ({"lines": "позовите Анну"}, "lines"),
        ({"own_cards": ["operator_unwell"]}, "own_cards"),
    ],
)
def test_a_slip_in_the_response_is_named(
    small_knowledge: Path, change: dict[str, object], words: str
) -> None:
    path = small_knowledge / "danger" / "response.yaml"
    row = yaml.safe_load(path.read_text(encoding="utf-8")) | change
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=words) as caught:
        load_knowledge(small_knowledge)
    assert caught.value.slips[0].path == path


def test_the_companys_own_words_are_shown(small_settings: Settings) -> None:
    path = small_settings.knowledge / "danger" / "response.yaml"
    row = yaml.safe_load(path.read_text(encoding="utf-8"))
    row |= {"number": "103", "headline": "Звоните 103.", "lines": ["Нажмите красную кнопку."]}
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    coach = build_coach(small_settings, report=report_nothing)
    message = next(m.text for m in coach.knowledge.danger.messages if m.situation_ids[0] != CALM)
    reply = coach.reply([], message)
    assert reply.text.splitlines()[0] == "Звоните 103."
    assert "Нажмите красную кнопку." in reply.text
