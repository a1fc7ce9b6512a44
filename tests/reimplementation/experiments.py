"""The experiments that are trained by both."""

EXPERIMENTS = {
    "plain": """
[model]
hidden = [5, 3]
activation = "tanh"
[train]
learning_rate = 0.3
iterations = 40
""",
    "course": """
[model]
hidden = [4]
init = "course"
[train]
learning_rate = 0.1
iterations = 30
record_every = 7
metrics = ["train_accuracy", "test_accuracy", "test_cost", "gradient_norm", "weight_norm", "dead_relu"]
""",
    "batches": """
seed = 3
[model]
hidden = [6, 4]
activation = ["gelu", "silu"]
init = "xavier"
[train]
learning_rate = 0.05
epochs = 6
batch = 7
batch_seed = 5
optimizer = "nesterov"
momentum = 0.8
weight_decay = 0.01
""",
    "dropped": """
seed = 4
[model]
hidden = [6, 5]
activation = ["relu", "elu"]
dropout = [0.25, 0.1]
init = "he-uniform"
[train]
learning_rate = 0.02
iterations = 30
batch = 8
optimizer = "adam"
betas = [0.8, 0.95]
weight_decay = 0.1
decay_biases = false
metrics = ["train_cost", "test_accuracy", "dead_relu", "weight_norm", "gradient_norm"]
""",
    "rms": """
[model]
hidden = [5]
activation = "softplus"
init = "lecun-uniform"
[train]
learning_rate = 0.01
iterations = 30
optimizer = "rmsprop"
alpha = 0.9
schedule = "step"
step_size = 8
gamma = 0.5
""",
    "cosine": """
[model]
hidden = [5, 5]
activation = "gelu-tanh"
init = "pytorch"
[train]
learning_rate = 0.5
iterations = 40
schedule = "cosine"
min_learning_rate = 0.01
warmup = 7
warmup_start = 0.2
clip_norm = 0.05
optimizer = "momentum"
weight_decay = 0.02
decoupled = true
""",
    "mup": """
seed = 9
[model]
hidden = [12, 8]
activation = "sigmoid"
init = "mup"
base_width = 4
[train]
learning_rate = 0.2
iterations = 30
weight_decay = 0.01
schedule = "inverse"
rate_decay = 0.1
""",
    "mup-adamw": """
seed = 10
[model]
hidden = [12, 8]
init = "mup"
base_width = 4
[train]
learning_rate = 0.01
iterations = 30
optimizer = "adamw"
""",
    "classes": """
data = "classes"
[model]
hidden = [6, 5, 4]
activation = ["relu", "leaky-relu", "hard-tanh"]
init = "orthogonal"
init_gain = 1.3
init_scale = [1, 0.5, 2, 1.5]
[train]
learning_rate = 0.2
epochs = 5
batch = 9
shuffle = false
metrics = ["train_accuracy", "test_accuracy", "test_cost"]
""",
    "values": """
data = "values"
[model]
hidden = [5]
activation = "silu"
init = "lecun"
[train]
learning_rate = 0.05
iterations = 30
clip_norm = 0.5
metrics = ["test_cost"]
[scale]
scale = "standardize"
""",
    "watched": """
[model]
hidden = [8, 8]
activation = "tanh"
init = "xavier-uniform"
[train]
learning_rate = 1.5
iterations = 400
patience = 4
min_delta = 0.001
metrics = ["validation_cost", "validation_accuracy"]
[scale]
scale = "standardize"
validation = 0.3
validation_seed = 8
""",
    "shared": """
data = "classes"
[model]
hidden = [6]
activation = "tanh"
[train]
learning_rate = 0.2
iterations = 20
metrics = ["test_accuracy", "test_cost", "validation_cost"]
[scale]
scale = "standardize"
test_share = 0.3
test_seed = 3
validation = 0.2
""",
    "linear": """
data = "classes"
[model]
hidden = []
init = "scaled-normal"
init_factor = 0.3
[train]
learning_rate = 0.4
iterations = 20
batch = 20
[scale]
validation = 0.1
""",
}
