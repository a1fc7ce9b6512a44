#!/usr/bin/env python3
"""Writes the exercises of the course's assignment "Building your Deep Neural Network: Step by Step" as worked examples.

The inputs are drawn by NumPy as the assignment draws them: from the seed of each exercise, in the order in which they stand below.
The expected values are those that the assignment publishes; NumPy prints eight decimals.
"""

from pathlib import Path

import numpy as np

ASSIGNMENT = "deeplearning.ai, Neural Networks and Deep Learning, week 4, Building your Deep Neural Network: Step by Step"


def drawn(seed, **shapes):
    """Draws standard normal matrices of these shapes, one after another."""
    stream = np.random.RandomState(seed)
    return {name: stream.randn(*shape) for name, shape in shapes.items()}


def toml(values):
    """Writes a matrix as TOML, each row on a line of its own."""
    if np.ndim(values) == 0:
        return repr(float(values))
    rows = ["[" + ", ".join(repr(float(value)) for value in row) + "]" for row in np.asarray(values, dtype=float)]
    return "[" + rows[0] + "]" if len(rows) == 1 else "[\n" + "".join(f"    {row},\n" for row in rows) + "]"


def write(name, section, description, remark, inputs, layers, expected, learning_rate=None):
    """Writes one exercise; `expected` has keys such as "cost" and (1, "dw")."""
    lines = [f"# {line}" for line in remark] + [f'description = "{description}"']
    lines += [f"{key} = {toml(values)}" for key, values in inputs.items()]
    for l, (activation, tensors) in enumerate(layers, 1):
        lines += ["", f"[layer.{l}]", f'activation = "{activation}"']
        lines += [f"{key} = {toml(values)}" for key, values in tensors.items()]
    if learning_rate is not None:
        lines += ["", "[train]", f"learning_rate = {learning_rate}"]
    lines += ["", "[expected]", f'source = "{ASSIGNMENT}, section {section}"']
    lines += [f"{key} = {toml(values)}" for key, values in expected.items() if isinstance(key, str)]
    for l in sorted({key[0] for key in expected if not isinstance(key, str)}):
        lines += ["", f"[expected.{l}]"]
        lines += [f"{key[1]} = {toml(values)}" for key, values in expected.items() if key[0] == l]
    Path(__file__).with_name(name + ".toml").write_text("\n".join(lines) + "\n")


def linear_forward():
    given = drawn(1, A=(3, 2), W=(1, 3), b=(1, 1))
    write(
        "linear-forward",
        "4.1",
        "z = W a_prev + b of one layer",
        ["One linear layer, without a cost: seed 1."],
        {"x": given["A"]},
        [("identity", {"w": given["W"], "b": given["b"]})],
        {(1, "z"): [[3.26295337, -1.23429987]]},
    )


def linear_activation_forward():
    given = drawn(2, A_prev=(3, 2), W=(1, 3), b=(1, 1))
    for activation, a in {"sigmoid": [[0.96890023, 0.11013289]], "relu": [[3.43896131, 0.0]]}.items():
        write(
            f"linear-activation-forward-{activation}",
            "4.2",
            f"z = W a_prev + b and a = {activation}(z) of one layer",
            ["One layer, without a cost: seed 2."],
            {"x": given["A_prev"]},
            [(activation, {"w": given["W"], "b": given["b"]})],
            {(1, "z"): [[3.43896131, -2.08938436]], (1, "a"): a},
        )


def l_model_forward():
    given = drawn(6, X=(5, 4), W1=(4, 5), b1=(4, 1), W2=(3, 4), b2=(3, 1), W3=(1, 3), b3=(1, 1))
    layers = [(g, {"w": given[f"W{l}"], "b": given[f"b{l}"]}) for l, g in [(1, "relu"), (2, "relu"), (3, "sigmoid")]]
    z = {
        1: [
            [-5.23825714, 3.18040136, 0.4074501, -1.88612721],
            [-2.77358234, -0.56177316, 3.18141623, -0.99209432],
            [4.18500916, -1.78006909, -0.14502619, 2.72141638],
            [5.05850802, -1.25674082, -3.54566654, 3.82321852],
        ],
        2: [
            [2.2644603, 1.09971298, -2.90298027, 1.54036335],
            [6.33722569, -2.38116246, -4.11228806, 4.48582383],
            [10.37508342, -0.66591468, 1.63635185, 8.17870169],
        ],
        3: [[-3.19864676, 0.87117055, -1.40297864, -3.00319435]],
    }
    a = {
        1: [
            [0.0, 3.18040136, 0.4074501, 0.0],
            [0.0, 0.0, 3.18141623, 0.0],
            [4.18500916, 0.0, 0.0, 2.72141638],
            [5.05850802, 0.0, 0.0, 3.82321852],
        ],
        2: [
            [2.2644603, 1.09971298, 0.0, 1.54036335],
            [6.33722569, 0.0, 0.0, 4.48582383],
            [10.37508342, 0.0, 1.63635185, 8.17870169],
        ],
        3: [[0.03921668, 0.70498921, 0.19734387, 0.04728177]],
    }
    write(
        "l-model-forward",
        "4.3",
        "the way forward through three layers",
        ["Three layers, without targets: seed 6. The caches are those of the assignment's public tests."],
        {"x": given["X"]},
        layers,
        {(l, name): values[l] for l in z for name, values in [("z", z), ("a", a)]},
    )


def compute_cost():
    a = np.array([[0.8, 0.9, 0.4]])
    write(
        "compute-cost",
        "5",
        "J of three outputs",
        [
            "The exercise begins with the outputs a = 0.8, 0.9, 0.4. A net computes J from z, so this one has the z = log(a / (1-a))",
            "of these outputs as its inputs, and hands them on: W = 1, b = 0.",
        ],
        {"x": np.log(a / (1 - a)), "y": [[1, 1, 0]]},
        [("sigmoid", {"w": [[1.0]], "b": [[0.0]]})],
        {"cost": 0.2797765635793422, (1, "a"): a},
    )


def linear_backward():
    given = drawn(1, dZ=(3, 4), A=(5, 4), W=(3, 5), b=(3, 1))
    write(
        "linear-backward",
        "6.1",
        "dW, db and da_prev of one layer from its dz",
        ["One layer whose dz is given, as the exercise gives it: seed 1."],
        {"x": given["A"]},
        [("identity", {"w": given["W"], "b": given["b"], "dz": given["dZ"]})],
        {
            (0, "da"): [
                [-1.15171336, 0.06718465, -0.3204696, 2.09812712],
                [0.60345879, -3.72508701, 5.81700741, -3.84326836],
                [-0.4319552, -1.30987417, 1.72354705, 0.05070578],
                [-0.38981415, 0.60811244, -1.25938424, 1.47191593],
                [-2.52214926, 2.67882552, -0.67947465, 1.48119548],
            ],
            (1, "dw"): [
                [0.07313866, -0.0976715, -0.87585828, 0.73763362, 0.00785716],
                [0.85508818, 0.37530413, -0.59912655, 0.71278189, -0.58931808],
                [0.97913304, -0.24376494, -0.08839671, 0.55151192, -0.10290907],
            ],
            (1, "db"): [[-0.14713786], [-0.11313155], [-0.13209101]],
        },
    )


def linear_activation_backward():
    given = drawn(2, dA=(1, 2), A=(3, 2), W=(1, 3), b=(1, 1), Z=(1, 2))
    expected = {
        "sigmoid": {
            (0, "da"): [[0.11017994, 0.01105339], [0.09466817, 0.00949723], [-0.05743092, -0.00576154]],
            (1, "dw"): [[0.10266786, 0.09778551, -0.01968084]],
            (1, "db"): [[-0.05729622]],
        },
        "relu": {
            (0, "da"): [[0.44090989, 0.0], [0.37883606, 0.0], [-0.2298228, 0.0]],
            (1, "dw"): [[0.44513824, 0.37371418, -0.10478989]],
            (1, "db"): [[-0.20837892]],
        },
    }
    for activation, published in expected.items():
        write(
            f"linear-activation-backward-{activation}",
            "6.2",
            f"dz of one {activation} layer from its da, then dW, db and da_prev",
            ["One layer whose da and z are given, as the exercise gives them (z is not W a_prev + b): seed 2."],
            {"x": given["A"]},
            [(activation, {"w": given["W"], "b": given["b"], "z": given["Z"], "da": given["dA"]})],
            published,
        )


def l_model_backward():
    given = drawn(
        3, AL=(1, 2), A1=(4, 2), W1=(3, 4), b1=(3, 1), Z1=(3, 2), A2=(3, 2), W2=(1, 3), b2=(1, 1), Z2=(1, 2)
    )
    write(
        "l-model-backward",
        "6.3",
        "the way back through two layers whose caches are given",
        [
            "Two layers whose caches are given, as the exercise gives them: all are drawn, none comes from the one before it: seed 3.",
            "The exercise's A1 is the input of layer 1, x here; its A2 is a[1], and its AL is a[2].",
        ],
        {"x": given["A1"], "y": [[1, 0]]},
        [
            ("relu", {"w": given["W1"], "b": given["b1"], "z": given["Z1"], "a": given["A2"]}),
            ("sigmoid", {"w": given["W2"], "b": given["b2"], "z": given["Z2"], "a": given["AL"]}),
        ],
        {
            (0, "da"): [[0.0, 0.52257901], [0.0, -0.3269206], [0.0, -0.32070404], [0.0, -0.74079187]],
            (1, "da"): [[0.12913162, -0.44014127], [-0.14175655, 0.48317296], [0.01663708, -0.05670698]],
            (1, "dw"): [
                [0.41010002, 0.07807203, 0.13798444, 0.10502167],
                [0.0, 0.0, 0.0, 0.0],
                [0.05283652, 0.01005865, 0.01777766, 0.0135308],
            ],
            (1, "db"): [[-0.22007063], [0.0], [-0.02835349]],
            (2, "dw"): [[-0.39202432, -0.13325855, -0.04601089]],
            (2, "db"): [[0.15187861]],
        },
    )


def update_parameters():
    shapes = {"W1": (3, 4), "b1": (3, 1), "W2": (1, 3), "b2": (1, 1)}
    parameters, gradients = drawn(2, **shapes), drawn(3, **shapes)

    def layer(l):
        w, b = f"W{l}", f"b{l}"
        return {"w": parameters[w], "b": parameters[b], "dw": gradients[w], "db": gradients[b]}

    layers = [("relu", layer(1)), ("sigmoid", layer(2))]
    write(
        "update-parameters",
        "6.4",
        "one step of gradient descent with given gradients",
        ["Parameters and gradients are given, as the exercise gives them: seeds 2 and 3. There is no pass forward or back."],
        {},
        layers,
        {
            (1, "new_w"): [
                [-0.59562069, -0.09991781, -2.14584584, 1.82662008],
                [-1.76569676, -0.80627147, 0.51115557, -1.18258802],
                [-1.0535704, -0.86128581, 0.68284052, 2.20374577],
            ],
            (1, "new_b"): [[-0.04659241], [-1.28888275], [0.53405496]],
            (2, "new_w"): [[-0.55569196, 0.0354055, 1.32964895]],
            (2, "new_b"): [[-0.84610769]],
        },
        learning_rate=0.1,
    )


if __name__ == "__main__":
    linear_forward()
    linear_activation_forward()
    l_model_forward()
    compute_cost()
    linear_backward()
    linear_activation_backward()
    l_model_backward()
    update_parameters()
