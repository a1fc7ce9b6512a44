"""Which conditional keys are part of a trial, as runner decides it: momentum is no part of a trial with adam.

The plan of a record has every swept key at every point, and the configurations of its trials leave out keys at their
defaults, so that neither tells which keys a trial has.

`scripts/plotting` has this file too, by a link: it imports nothing but the standard library, and runs on Python 3.9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Settings = Mapping[str, Any]
Condition = Callable[[Settings], bool]


def _is(key: str, default: str, *names: str) -> Condition:
    return lambda settings: settings.get(key, default) in names


def _above_0(key: str) -> Condition:
    return lambda settings: (settings.get(key) or 0) > 0


def _is_number(key: str) -> Condition:
    return lambda settings: isinstance(settings.get(key), (int, float))


def _optimizer(*names: str) -> Condition:
    return _is("train.optimizer", "gd", *names)


def _shuffles(settings: Settings) -> bool:
    return _is_number("train.batch")(settings) and settings.get("train.shuffle") is not False


def _has_hidden_layers(settings: Settings) -> bool:
    # The depth decides where it is swept: the hidden layers of another trial are no guide then.
    depth = settings.get("model.depth")
    return depth != 1 if depth is not None else settings.get("model.hidden") != ()


# The keys of hidden layers that an experiment may set for a net that has none.
OF_HIDDEN_LAYERS = ("model.activation", "model.parameters", "model.width")

# Each conditional key with what its trials have, as `runner schema` describes it, and those of hidden layers.
CONDITIONS: dict[str, Condition] = {
    "model.base_width": _is("model.init", "he", "mup"),
    "model.dropout": _has_hidden_layers,
    "model.init_factor": _is("model.init", "he", "scaled-normal"),
    "model.init_gain": _is("model.init", "he", "orthogonal"),
    "train.alpha": _optimizer("rmsprop"),
    "train.batch_seed": _shuffles,
    "train.betas": _optimizer("adam", "adamw"),
    "train.cosine_iterations": _is("train.schedule", "constant", "cosine"),
    "train.decay_biases": _above_0("train.weight_decay"),
    "train.decoupled": _above_0("train.weight_decay"),
    "train.eps": _optimizer("rmsprop", "adam", "adamw"),
    "train.gamma": _is("train.schedule", "constant", "step"),
    "train.min_delta": _is_number("train.patience"),
    "train.min_learning_rate": _is("train.schedule", "constant", "cosine"),
    "train.momentum": _optimizer("momentum", "nesterov"),
    "train.rate_decay": _is("train.schedule", "constant", "inverse"),
    "train.restore_best": _is_number("train.patience"),
    "train.shuffle": _is_number("train.batch"),
    "train.step_size": _is("train.schedule", "constant", "step"),
    "train.warmup_start": _above_0("train.warmup"),
    **dict.fromkeys(OF_HIDDEN_LAYERS, _has_hidden_layers),
}


def applied(point: Settings, config: Settings) -> dict[str, Any]:
    """The values of a point, None for each key that is no part of the trial with this configuration."""
    settings = {**point, **config}
    return {key: None if key in CONDITIONS and not CONDITIONS[key](settings) else value for key, value in point.items()}


def planned(point: Settings, base: Settings) -> dict[str, Any]:
    """The values of a point, None for each key that is no part of its trial, which hasn't finished: `base` is the
    experiment, where the decay of adamw may be left out, as it is in no trial's configuration."""
    settings = {**base, **point}
    if settings.get("train.optimizer") == "adamw":
        settings.setdefault("train.weight_decay", 0.01)
    return applied(point, settings)
