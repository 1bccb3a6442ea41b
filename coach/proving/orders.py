"""Order: what a sentence claims to come first, and what later."""

from __future__ import annotations

from collections.abc import Sequence

from coach.proving.sentences import Token

Claim = tuple[list[Token], list[Token]]


def claimed_orders(tokens: Sequence[Token]) -> list[Claim]:
    """Return pairs (what is said to be first, what is said to be later)."""
    claims: list[Claim] = []
    for place, token in enumerate(tokens):
        before, after = list(tokens[:place]), list(tokens[place + 1 :])
        if token.is_in("after"):
            claims.append(_after(before, after, token))
        elif token.is_in("before") or (
            token.is_in("before_noun")
            and after
            and (after[0].is_content or after[0].is_in("before_noun_pronouns"))
        ):
            claims.append(_before(before, after, token))
        elif token.is_in("thens") and any(one.is_in("whens") for one in after):
            claims.append((after, before))
        elif token.is_in("second"):
            claims.append((before, after))
        elif token.is_in("first"):
            same = [one for one in after if one.part == token.part]
            claims.append((same, [one for one in after if one.part != token.part]))
    return [(early, late) for early, late in claims if early and late]


def _after(before: list[Token], after: list[Token], token: Token) -> Claim:
    """«A, после чего B»; «A лишь после B»; «после B A»."""
    if after and after[0].is_in("after_pronouns"):
        earlier = [one for one in before if one.part < token.part]
        same = [one for one in before if one.part == token.part]
        return (before, after[1:]) if _has_content(after[1:]) else (earlier, same)
    if after and after[0].is_in("that"):  # «после того как B, A» or «A после того, как B»
        opened = [one for one in after if one.part <= token.part + 1]
        rest = [one for one in after if one.part > token.part + 1]
        return (opened, before) if _has_content(before) else (opened, rest)
    noun = []
    for one in after:
        if one.is_verbal or one.part != token.part:
            break
        noun.append(one)
    rest = after[len(noun) :]
    return (noun, rest) if not _has_content(before) or rest else (noun, before)


def _before(before: list[Token], after: list[Token], token: Token) -> Claim:
    """«прежде чем A, B»; «A, до того как B»; «не A, пока не B»; «не A раньше, чем B»."""
    if token.is_in("until") and not any(one.is_in("not") for one in after):
        return [], []
    if not _has_content(before):
        opened = [one for one in after if one.part == token.part or one.is_in("than")]
        return [one for one in after if one.part > token.part + 1] or [
            one for one in after if one.part > token.part
        ], opened
    if token.is_in("before_noun") and not after[0].is_in("before_noun_pronouns"):
        after = [one for one in after if one.part == token.part]
    is_negated = any(one.is_negated or one.is_in("not") for one in before)
    return (after, before) if is_negated else (before, after)


def _has_content(tokens: Sequence[Token]) -> bool:
    return any(one.is_content or one.quote is not None for one in tokens)
