"""spaCy's recognizer of entities, its arithmetic done once for each distinct neighbourhood of a token.

The model is a convolution over tokens (layers that each see one token to either side) and a greedy choice of actions
from left to right. What a layer makes of a token depends on that token and its neighbours alone, so that texts that
share phrases share the work; and outside of entities an action depends on its token alone, so that all of them are
chosen at once.

Rule kept here: the entities are those that spaCy's own `ner` finds with the same weights, up to the rounding of sums;
tests hold the two together. A model of another form is not taken (`Entities.of`): spaCy runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats: TypeAlias = npt.NDArray[np.float32]
Integers: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Span: TypeAlias = tuple[int, int, str]
"""First token, the one after the last, and the model's label."""

_LAYER = "residual(expand_window>>maxout>>layernorm>>dropout)"
_EMBED = "ints-getitem>>hashembed"
_FEATURES = 3
"""Of a state: its token, the first one of the open entity, and the one before its token in that."""
_ROWS = 2_048
"""So many tokens at once: what is made of them stays in the processor's cache."""
_LEAST_VARIANCE = np.float32(1e-8)
_NOWHERE = -1
_BLOCK = "U-"
"""The action for tokens that are kept from being entities, which none is here."""


class Entities:
    """The model's `ner`, of the form that is known here."""

    def __init__(self, ner: Any) -> None:
        nodes = _by_name(ner.model.get_ref("tok2vec"))
        self._columns = [*nodes["extract_features"][0].attrs["columns"], "IS_SPACE"]
        self._embeds = nodes[_EMBED]
        dense = [_Dense(m, n) for m, n in zip(nodes["maxout"], nodes["layernorm"], strict=True)]
        self._mixed, self._layers = dense[0], dense[1:]
        self._pad = len(self._layers)
        self._last = nodes["linear"][0]
        self._moves = _Moves(ner)

    @staticmethod
    def of(ner: Any) -> Entities | None:
        """The `ner` of a model, or None where it is of another form."""
        return Entities(ner) if _is_known(ner) else None

    def find(self, docs: Sequence[Any]) -> list[list[Span]]:
        """The entities of each text that is cut into tokens, in order."""
        lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
        if not lengths.any():
            return [[] for _ in docs]
        tokens = np.concatenate([doc.to_array(self._columns) for doc in docs if len(doc)])
        ends = np.cumsum(lengths)
        places = np.arange(len(tokens)) + np.repeat(self._pad * np.arange(1, len(docs) + 1), lengths)
        line = np.zeros(len(tokens) + self._pad * (len(docs) + 1), dtype=np.int64)  # 0 stands between texts
        ids, vectors = self._embedded(tokens[:, :-1].astype(np.uint64))
        line[places] = ids + 1
        vectors = np.concatenate([np.zeros_like(vectors[:1]), vectors])
        for layer in self._layers:
            line, vectors = _convolved(layer, line, vectors)
        ids, some = _distinct(line[places])
        vectors = _by_rows(len(some), lambda rows: self._last.predict(vectors[line[places[some[rows]]]]))
        last = np.zeros(len(tokens), dtype=np.bool_)
        last[ends[lengths > 0] - 1] = True
        taken = self._moves.taken(vectors, ids, last, tokens[:, -1].astype(np.bool_))
        found: list[list[Span]] = [[] for _ in docs]
        of_text = np.searchsorted(ends, [start for start, _, _ in taken], side="right").tolist()
        for number, (start, end, label) in zip(of_text, taken, strict=True):
            begin = int(ends[number] - lengths[number])
            found[number].append((start - begin, end - begin, label))
        return found

    def _embedded(self, tokens: npt.NDArray[np.uint64]) -> tuple[Integers, Floats]:
        """Which of the distinct tokens, as the model tells them apart, stands in each place; and their vectors."""
        ids, some = _distinct(tokens[:, 0])
        for column in tokens.T[1:]:
            other, others = _distinct(column)
            ids, some = _distinct(ids * len(others) + other)
        apart = tokens[some]

        def mixed(rows: slice) -> Floats:
            return self._mixed(np.concatenate([one.predict(apart[rows]) for one in self._embeds], axis=1))

        return ids, _by_rows(len(some), mixed)


class _Dense:
    """`maxout>>layernorm`."""

    def __init__(self, maxout: Any, norm: Any) -> None:
        width, self._pieces, inside = (maxout.get_dim(name) for name in ("nO", "nP", "nI"))
        # Pieces of all outputs one after the other: the largest is then taken of whole rows.
        weights = maxout.get_param("W").reshape(width, self._pieces, inside)
        self._weights = np.ascontiguousarray(weights.transpose(1, 0, 2)).reshape(-1, inside)
        self._bias = np.ascontiguousarray(maxout.get_param("b").reshape(width, self._pieces).T).reshape(-1)
        self._scale, self._shift = norm.get_param("G"), norm.get_param("b")

    def __call__(self, rows: Floats) -> Floats:
        pieces: Floats = rows @ self._weights.T
        pieces += self._bias
        out = _largest(pieces, self._pieces)
        out -= out.mean(axis=1, keepdims=True)
        spread = np.einsum("ij,ij->i", out, out) / np.float32(out.shape[1]) + _LEAST_VARIANCE
        out *= (1 / np.sqrt(spread))[:, None]
        out *= self._scale
        out += self._shift
        return out


class _Moves:
    """The greedy choice of actions: begin, inside, last and unit of an entity, and out."""

    def __init__(self, ner: Any) -> None:
        lower, upper = ner.model.get_ref("lower"), ner.model.get_ref("upper")
        self._pieces = lower.get_dim("nP")
        weights = lower.get_param("W")  # features, outputs, pieces, inputs
        self._lower = np.ascontiguousarray(weights.transpose(0, 2, 1, 3)).reshape(-1, weights.shape[3])
        self._bias = lower.get_param("b").T.reshape(-1)
        pad = lower.get_param("pad")[0].transpose(0, 2, 1).reshape(_FEATURES, -1)
        self._outside = self._bias + pad[1] + pad[2]
        self._upper, self._upper_bias = upper.get_param("W"), upper.get_param("b")
        actions = _actions(ner)
        names = [name.partition("-") for name in actions]
        self._labels = [label for _, _, label in names]
        self._opens = np.array([kind == "B" for kind, _, _ in names])
        self._is_out = np.array([kind == "O" for kind, _, _ in names])
        self._may_be_last = np.array([kind == "O" or (kind == "U" and label != "") for kind, _, label in names])
        place = {name: number for number, name in enumerate(actions)}
        self._inside, self._closing = (
            np.array([place.get(f"{kind}-{label}", _NOWHERE) for label in self._labels]) for kind in ("I", "L")
        )

    def taken(self, vectors: Floats, ids: Integers, last: Mask, space: Mask) -> list[Span]:
        """The entities of a row of tokens, of which `ids` tells the vector; `last` are the ends of texts."""
        features = (vectors @ self._lower.T).reshape(len(vectors), _FEATURES, -1)
        freely, ending = (action[ids] for action in self._chosen(features[:, 0]))
        actions = np.where(last, ending, freely)
        candidates = np.flatnonzero(~self._is_out[actions] & ~space)  # no entity begins with white space
        opening = candidates[self._opens[actions[candidates]]]
        ends = dict(zip(opening.tolist(), self._ends(features, ids, last, opening, actions[opening]), strict=True))
        found: list[Span] = []
        done = 0
        for start, action in zip(candidates.tolist(), actions[candidates].tolist(), strict=True):
            if start >= done:
                done = ends.get(start, start) + 1
                found.append((start, done, self._labels[action]))
        return found

    def _chosen(self, features: Floats) -> tuple[Integers, Integers]:
        """What is done outside of entities, by token: within a text, and with its last one."""

        def chosen(rows: slice) -> Floats:
            scores = self._hidden(features[rows] + self._outside) @ self._upper.T
            scores += self._upper_bias
            free = np.where(self._opens | self._may_be_last, scores, -np.inf).argmax(axis=1)
            return np.stack([free, np.where(self._may_be_last, scores, -np.inf).argmax(axis=1)], axis=1)

        both: Any = _by_rows(len(features), chosen)
        return both[:, 0], both[:, 1]

    def _ends(self, features: Floats, ids: Integers, last: Mask, starts: Integers, actions: Integers) -> list[int]:
        """The last token of each entity that is begun: all of them go on by one token at a time."""
        ends = starts + 1
        going = np.arange(len(starts))
        while len(going):
            here = ends[going]
            sums = features[ids[here], 0] + features[ids[starts[going]], 1] + features[ids[here - 1], 2] + self._bias
            hidden = self._hidden(sums)
            inside, closing = (
                np.einsum("ij,ij->i", hidden, self._upper[move]) + self._upper_bias[move]
                for move in (self._inside[actions[going]], self._closing[actions[going]])
            )
            # Where both score the same the first in the model's order is taken.
            first = self._inside[actions[going]] < self._closing[actions[going]]
            on = ~last[here] & ((inside > closing) | ((inside == closing) & first))
            going = going[on]
            ends[going] += 1
        return [int(end) for end in ends]

    def _hidden(self, sums: Floats) -> Floats:
        return _largest(sums, self._pieces)


def _is_known(ner: Any) -> bool:
    model = ner.model
    nodes = _by_name(model.get_ref("tok2vec"))
    layers = len(nodes.get(_LAYER, ()))
    embeds = "|".join([_EMBED] * len(nodes.get(_EMBED, ())))
    form = (
        f"extract_features>>list2ragged>>with_array({embeds})>>with_array(maxout>>layernorm>>dropout)>>ragged2list>>"
        f"with_array({'>>'.join([_LAYER] * layers)})>>list2array>>linear"
    )
    actions = [name for name in _actions(ner) if name != _BLOCK]
    kinds = [name.partition("-")[0] for name in actions]
    labels = [sorted(n.partition("-")[2] for n in actions if n.startswith(f"{kind}-")) for kind in "BILU"]
    return (
        model.get_ref("tok2vec").name == form
        and all(node.attrs["window_size"] == 1 for node in nodes["expand_window"])
        and [node.attrs["pad"] for node in nodes[form.split(">>ragged2list>>")[1].split(">>list2array")[0]]] == [layers]
        and ner.cfg.get("beam_width") == 1
        and model.attrs["has_upper"]
        and not model.attrs["unseen_classes"]
        and (model.get_ref("lower").name, model.get_ref("upper").name) == ("precomputable_affine", "linear")
        and model.get_ref("lower").get_dim("nF") == _FEATURES
        and model.get_ref("lower").get_dim("nP") > 1
        and kinds.count("O") == 1
        and set(kinds) == set("BILUO")
        and all(one == labels[0] for one in labels)
    )


def _actions(ner: Any) -> list[str]:
    """The names of all actions, in the order of their scores."""
    return [ner.moves.get_class_name(number) for number in range(ner.moves.n_moves)]


def _by_name(model: Any) -> dict[str, list[Any]]:
    """The layers of a model in the order in which they run."""
    named: dict[str, list[Any]] = {}
    for node in model.walk(order="dfs_pre"):
        named.setdefault(node.name, []).append(node)
    return named


def _convolved(layer: _Dense, line: Integers, vectors: Floats) -> tuple[Integers, Floats]:
    """A layer's answer for each distinct neighbourhood in a line of numbers of vectors."""
    count = len(vectors)  # below 2**21, so that three numbers fit into 63 bits
    before, after = np.roll(line, 1), np.roll(line, -1)
    ids, some = _distinct((before * count + line) * count + after)
    triples = np.stack([before[some], line[some], after[some]], axis=1)

    def residual(rows: slice) -> Floats:
        around = triples[rows]
        out = layer(vectors[around].reshape(len(around), -1))
        out += vectors[around[:, 1]]
        return out

    return ids, _by_rows(len(some), residual)


def _largest(rows: Floats, pieces: int) -> Floats:
    """Of the pieces of each output, which stand in as many parts of a row, the largest."""
    largest: Floats = np.maximum.reduce(np.split(rows, pieces, axis=1))
    return largest


def _distinct(values: npt.NDArray[Any]) -> tuple[Integers, Integers]:
    """Which of the distinct values stands in each place, and for each of them a place."""
    encoded: Any = pa.array(values).dictionary_encode()
    ids = encoded.indices.to_numpy().astype(np.int64)
    places = np.empty(len(encoded.dictionary), dtype=np.int64)
    places[ids] = np.arange(len(ids))
    return ids, places


def _by_rows(count: int, of_rows: Callable[[slice], Any]) -> Any:
    return np.concatenate([of_rows(slice(begin, begin + _ROWS)) for begin in range(0, count, _ROWS)])
