"""Train the danger encoder's adapter on the danger bank (torch, some minutes on two cores).

python -m eval.danger_encoder                      train on every author, write the adapter
python -m eval.danger_encoder --without A,B FILE   train without these authors, write another file

multilingual-e5-small's matrices stay as pip brought them, in 4 bits; each gets a low-rank change.
While it trains, the sum is quantised as it will be when it is served (a straight-through estimator:
Bengio, Leonard and Courville, 2013), so what is learned survives the 4 bits.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from torch import Tensor, nn
from torch.nn import functional

from coach import load_settings
from coach.assembly import prepare_libraries, show_progress
from coach.index.e5 import BLOCK, QUERY, E5File, packaged_weights
from coach.instruction.danger import is_calm, ordinary_questions
from coach.instruction.knowledge import Knowledge, load_knowledge
from coach.safety.encoder import ADAPTER, BIAS, DOWN, HEAD, UP

RANK, SCALE, SHARPNESS = 16, 1.0, 10.0
EPOCHS, BATCH, RATE, WARM_UP = 4, 32, 1e-3, 0.1
MEGABATCH = 16  # batches whose messages are sorted by length together
SMOOTHING = 0.02  # labels are 0.02 and 0.98: authors err
JOINED = 1200  # messages of the bank with an ordinary question before or behind
ORDINARY, AILING = 1800, 700  # ordinary questions that are learned as calm, of them own ailments
SEED = 20261128
LONGEST = 128
METASPACE = "▁"
MATRICES = ("q", "k", "v", "ao", "fi", "fo")


@dataclass(frozen=True)
class Example:
    """A message, whether it tells of danger, and whose it is."""

    text: str
    is_danger: bool
    author: str


class Adapted(nn.Module):
    """A frozen quantised matrix with a trained low-rank change."""

    def __init__(self, weights: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(weights))
        self.register_buffer("bias", torch.tensor(bias))
        rows, columns = weights.shape
        self.down = nn.Parameter(torch.randn(RANK, columns) / math.sqrt(columns))
        self.up = nn.Parameter(torch.zeros(rows, RANK))

    def forward(self, hidden: Tensor) -> Tensor:
        merged = self.weights + SCALE * (self.up @ self.down)
        served = merged + (as_quantised(merged) - merged).detach()
        return functional.linear(hidden, served, self.bias)


def as_quantised(matrix: Tensor) -> Tensor:
    """Return a matrix as Q4_0 gives it back."""
    blocks = matrix.reshape(-1, BLOCK)
    largest = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scales = (largest / -8).half().float()
    inverse = torch.where(scales != 0, 1 / scales, torch.zeros_like(scales))
    return ((torch.floor(blocks * inverse + 8.5).clamp(0, 15) - 8) * scales).reshape(matrix.shape)


class Encoder(nn.Module):
    """multilingual-e5-small from its file, adapted, with the direction of danger."""

    def __init__(self, file: E5File) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        self._file = file
        self._tokenizer = Tokenizer(Unigram(file.pieces, unk_id=file.unknown))
        config = BertConfig(
            vocab_size=file.vocabulary,
            hidden_size=file.hidden,
            num_hidden_layers=file.layers,
            num_attention_heads=file.heads,
            intermediate_size=file.inner,
            max_position_embeddings=file.positions,
            type_vocab_size=file.types,
            layer_norm_eps=file.epsilon,
        )
        self.bert = BertModel(config, add_pooling_layer=False)
        self.head = nn.Linear(file.hidden, 1)
        self._load()

    def _load(self) -> None:
        file, embeddings = self._file, self.bert.embeddings
        width = file.hidden
        embeddings.word_embeddings.weight.data = torch.tensor(file.matrix("emb.word", width))
        for name, table in (
            ("emb.pos", embeddings.position_embeddings),
            ("emb.type", embeddings.token_type_embeddings),
        ):
            table.weight.data = torch.tensor(file.floats(name).reshape(-1, width))
        self._load_norm(embeddings.LayerNorm, "emb.ln")
        self.bert.requires_grad_(False)
        for number, layer in enumerate(self.bert.encoder.layer):
            attention, name = layer.attention, f"l{number}"
            attention.self.query = self._adapted(f"{name}.q")
            attention.self.key = self._adapted(f"{name}.k")
            attention.self.value = self._adapted(f"{name}.v")
            attention.output.dense = self._adapted(f"{name}.ao")
            layer.intermediate.dense = self._adapted(f"{name}.fi")
            layer.output.dense = self._adapted(f"{name}.fo", file.inner)
            self._load_norm(attention.output.LayerNorm, f"{name}.aln")
            self._load_norm(layer.output.LayerNorm, f"{name}.oln")

    def _adapted(self, name: str, columns: int = 0) -> Adapted:
        weights = self._file.matrix(f"{name}.w", columns or self._file.hidden)
        return Adapted(weights, self._file.floats(f"{name}.b"))

    def _load_norm(self, norm: nn.LayerNorm, name: str) -> None:
        norm.weight.data = torch.tensor(self._file.floats(f"{name}.w"))
        norm.bias.data = torch.tensor(self._file.floats(f"{name}.b"))

    def tokens(self, message: str) -> list[int]:
        """Return the token ids of a message as the engine makes them."""
        chars = "".join(self._file.normalised.get(char, char) for char in f"{QUERY}{message}")
        spaced = METASPACE + METASPACE.join(part for part in chars.split(" ") if part)
        ids = self._tokenizer.encode(spaced).ids[:LONGEST]
        return [self._file.begin, *ids, self._file.end]

    def vectors(self, batch: Sequence[Sequence[int]]) -> Tensor:
        """Return (messages, width) vectors of unit length: the mean over a message's tokens."""
        longest = max(map(len, batch))
        ids = torch.full((len(batch), longest), self._file.padding)
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        hidden = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask[..., None].to(hidden.dtype)
        return functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=1)

    def forward(self, batch: Sequence[Sequence[int]]) -> Tensor:
        """Return the log-odds of danger of each message of a batch."""
        logits: Tensor = self.head(self.vectors(batch) * SHARPNESS)[:, 0]
        return logits.float()


def read_examples(knowledge: Knowledge) -> list[Example]:
    """The danger bank, some of it joined with ordinary questions, and such questions as calm."""
    messages = [
        Example(message.text, not is_calm(message), message.author)
        for message in knowledge.danger.messages
    ]
    ordinary = [
        Example(question.text, False, question.author)
        for question in ordinary_questions(knowledge.questions, knowledge.danger)
    ]
    chance = random.Random(SEED)
    chance.shuffle(ordinary)
    joined = [
        Example(
            join(message.text, chance.choice(ordinary).text, chance),
            message.is_danger,
            message.author,
        )
        for message in chance.sample(messages, min(JOINED, len(messages)))
    ]
    cards = set(knowledge.danger.response.own_cards.values())
    own = {question.text for question in knowledge.questions if cards & set(question.situation_ids)}
    ailing = [example for example in ordinary if example.text in own][:AILING]
    others = [example for example in ordinary if example.text not in own][:ORDINARY]
    return messages + joined + ailing + others


def join(first: str, second: str, chance: random.Random) -> str:
    """Put two messages into one, in either order: danger comes in the midst of an ordinary call."""
    if chance.random() < 0.5:
        first, second = second, first
    return f"{first}, {second}"


def train(examples: Sequence[Example]) -> Encoder:
    """Train an adapter; the progress bar counts batches."""
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    encoder = Encoder(E5File(packaged_weights()))
    tokens = [encoder.tokens(example.text) for example in examples]
    target = torch.tensor([float(example.is_danger) for example in examples])
    target = target * (1 - 2 * SMOOTHING) + SMOOTHING
    parameters = [weights for weights in encoder.parameters() if weights.requires_grad]
    steps = [
        batch for _ in range(EPOCHS) for batch in shuffled_batches(list(map(len, tokens)), chance)
    ]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=len(steps) + 1, pct_start=WARM_UP
    )
    encoder.train()
    for number in show_progress(list(map(str, range(len(steps)))), "adapter"):
        batch = steps[int(number)]
        with torch.autocast("cpu", torch.bfloat16):
            logits = encoder([tokens[place] for place in batch])
        loss = functional.binary_cross_entropy_with_logits(logits, target[batch])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
    return encoder.eval()


def shuffled_batches(lengths: Sequence[int], chance: random.Random) -> list[list[int]]:
    """Batches of messages of about one length, in random order."""
    order = list(range(len(lengths)))
    chance.shuffle(order)
    size = BATCH * MEGABATCH
    sorted_parts = [
        sorted(order[first : first + size], key=lambda place: lengths[place])
        for first in range(0, len(order), size)
    ]
    batches = [
        part[first : first + BATCH] for part in sorted_parts for first in range(0, len(part), BATCH)
    ]
    chance.shuffle(batches)
    return batches


def describe(encoder: Encoder) -> dict[str, np.ndarray]:
    """Return the adapter as it is written: half precision, the head scaled to unit vectors."""
    arrays = {
        HEAD: (encoder.head.weight[0] * SHARPNESS).detach().numpy().astype(np.float32),
        BIAS: encoder.head.bias.detach().numpy().astype(np.float32),
    }
    for number, layer in enumerate(encoder.bert.encoder.layer):
        attention = layer.attention
        modules = (
            attention.self.query,
            attention.self.key,
            attention.self.value,
            attention.output.dense,
            layer.intermediate.dense,
            layer.output.dense,
        )
        for name, module in zip(MATRICES, modules, strict=True):
            up = (SCALE * module.up).detach().numpy().astype(np.float16)
            arrays[f"l{number}.{name}.w.{UP}"] = up
            arrays[f"l{number}.{name}.w.{DOWN}"] = module.down.detach().numpy().astype(np.float16)
    return arrays


def main() -> int:
    """Train, and write the adapter."""
    parser = argparse.ArgumentParser(prog="python -m eval.danger_encoder", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=ADAPTER, metavar="FILE")
    parser.add_argument("--without", default="", metavar="AUTHORS", help="authors to leave out")
    options = parser.parse_args()
    settings = load_settings()
    prepare_libraries(settings)
    left_out = options.without.split(",")
    examples = read_examples(load_knowledge(settings.knowledge))
    encoder = train([example for example in examples if example.author not in left_out])
    save_file(describe(encoder), options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
