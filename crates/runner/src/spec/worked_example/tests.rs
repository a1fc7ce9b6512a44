use std::path::PathBuf;

use kernels::Activation;
use ndarray::array;
use tempfile::TempDir;

use super::example::Tensor;
use super::example::WorkedExample;

const NET: &str = "
x = [[1.0, 2.0], [3, 4.0]]
y = [[0, 1]]
[layer.1]
activation = 'tanh'
w = [[0.5, -0.5], [1, 2], [3, 4]]
b = [0.1, 0.2, 0.3]
[layer.2]
activation = 'sigmoid'
w = [[1, 2, 3]]
b = [[0.5]]
[train]
learning_rate = 0.1
[expected]
cost = 0.5
[expected.2]
dw = [[1, 2, 3]]
";

fn load(text: &str, overrides: &[&str]) -> Result<Option<WorkedExample>, String> {
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("net.toml");
    std::fs::write(&path, text).unwrap();
    let overrides: Vec<String> = overrides.iter().map(|word| (*word).to_owned()).collect();
    let place = format!("{}/", folder.path().display());
    WorkedExample::load(&path, &overrides).map_err(|error| error.to_string().replace(&place, ""))
}

#[test]
fn a_net_is_read_with_its_numbers() {
    let net = load(NET, &[]).unwrap().expect("it has layers");
    assert_eq!(net.name, "net");
    assert_eq!(net.x, Some(array![[1.0, 2.0], [3.0, 4.0]]));
    assert_eq!(net.layers[0].activation, Activation::Tanh);
    assert_eq!(net.layers[0].b, array![[0.1], [0.2], [0.3]]);
    assert_eq!(net.layers[1].w, array![[1.0, 2.0, 3.0]]);
    assert_eq!(net.expected.cost, Some(0.5));
    assert_eq!(net.expected.get(2, Tensor::Dw), Some(&array![[1.0, 2.0, 3.0]]));
    let training = net.training.expect("it has a learning rate");
    assert_eq!((training.schedule.learning_rate, training.hidden), (0.1, vec![3]));
    assert!(!net.layers.iter().any(|layer| !layer.given.is_empty()));
}

#[test]
fn an_experiment_on_a_data_set_is_none() {
    assert!(load("name = 'depth'\n[data]\nset = 'drawn'\n", &[]).unwrap().is_none());
}

#[test]
fn numbers_and_activations_can_be_set_behind_the_file() {
    let net = load(NET, &["layer.1.activation=relu", "x=[[0, 0], [1, .5]]", "train.optimizer=adam"]).unwrap().unwrap();
    assert_eq!(net.layers[0].activation, Activation::Relu);
    assert_eq!(net.x, Some(array![[0.0, 0.0], [1.0, 0.5]]));
}

#[test]
fn a_mistake_is_one_line_with_its_place() {
    for (change, line) in [
        ("layer.2.w=[[1, 2]]", "layer.2.w: is 1 × 2; it must have 3 columns, as many as layer 1 has units"),
        ("x=[[1, 2]]", "layer.1.w: is 3 × 2; it must have 1 column, as many as x has rows"),
        ("layer.1.b=[1, 2]", "layer.1.b: must be 3 × 1, found 2 × 1"),
        (
            "layer.1.w=[[1, 2], [3]]",
            "layer.1.w: must be a list of rows of finite numbers, all of one length, such as [[1, 2.5], [3, 4]], found rows of 2 and 1 numbers",
        ),
        ("layer.1.w=[[nan, 2]]", "found nan"),
        ("layer.1.w=[]", "found []"),
        ("layer.1.activation=rule", "layer.1.activation: must be one of \"relu\""),
        ("layer.1.activation=softmax", "only the last layer can have a softmax"),
        ("layer.1.z=[[1, 2]]", "layer.1.z: must be 3 × 2, found 1 × 2"),
        ("layer.1.ww=[[1]]", "layer.1.ww: no key of a worked example with layers 1 to 2"),
        ("layer.4.w=[[1]]", "layer.4.w: there is no layer.3; layers are numbered from 1 on without a gap"),
        ("layer.01.w=[[1]]", "layer.01.w: no key of a worked example"),
        ("expected.3.dw=[[1]]", "expected.3.dw: no key"),
        ("expected.1.dw=[[1]]", "expected.1.dw: must be 3 × 2, found 1 × 1"),
        ("expected.cost=high", "expected.cost: must be a number, found \"high\""),
        ("model.width=3", "model.width: no key of a worked example"),
        ("y=[[0, 2]]", "y: must be a class from 0 to 1, found 2"),
        ("y=[[0, 0.5]]", "y: must be a class from 0 to 1, found 0.5"),
        ("y=[[0]]", "y: must be 1 × 2, found 1 × 1"),
        ("layer.2.activation=tanh", "y: only applies where layer 2 has a sigmoid, a softmax or the identity"),
        ("train.learning_rate=-1", "train.learning_rate: must be a finite number above 0"),
        ("train.momentum=2", "train.momentum: must be a number of at least 0 and below 1"),
        ("train.momentum=0.5", "train.momentum: only applies with optimizer = "),
        ("train.alpha=0.1", "train.alpha: only applies with optimizer = "),
        ("train.batch_seed=3", "train.batch_seed: only applies with a number for batch"),
        (
            "train.patience=3",
            "train.patience: changes no step; a worked example takes the keys of [train] but train.record_every",
        ),
        ("train.lr=3", "unknown key train.lr (did you mean train.learning_rate?)"),
    ] {
        let error = load(NET, &[change]).unwrap_err();
        assert!(error.contains(line) && !error.contains('\n'), "{change}: {error}");
    }
    let error = load(&NET.replace("[[1, 2, 3]]\nb", "[[1, 2]]\nb"), &[]).unwrap_err();
    assert!(error.starts_with("net.toml:10: layer.2.w: is 1 × 2"), "{error}");
    for (removed, line) in [
        ("b = [[0.5]]", "net.toml:9: layer.2.b: missing"),
        ("activation = 'tanh'", "net.toml:6: layer.1.activation: missing"),
        ("x = [[1.0, 2.0], [3, 4.0]]\ny = [[0, 1]]", "net.toml: x: missing; without it every layer needs dw and db"),
        ("x = [[1.0, 2.0], [3, 4.0]]\n", "y: only applies with x"),
    ] {
        let error = load(&NET.replace(removed, ""), &[]).unwrap_err();
        assert!(error.contains(line), "{removed}: {error}");
    }
    let error = load(NET, &["train.dropout=0.5"]).unwrap_err();
    assert_eq!(error, "command line: unknown key train.dropout", "model.dropout is no key here");
    let error = load(&NET.replace("learning_rate = 0.1", "optimizer = 'adam'"), &[]).unwrap_err();
    assert_eq!(error, "net.toml: train.learning_rate: missing");
    assert!(
        load("[layer.2]\nw = [[1]]\n", &[])
            .unwrap_err()
            .contains("layer.2.w: there is no layer.1; layers are numbered from 1 on without a gap")
    );
}
