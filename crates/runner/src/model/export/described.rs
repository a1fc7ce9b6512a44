//! The description of a model beside its numbers: the attributes of docs/model-format.md, for the metadata of other formats.

use kernels::Activation;
use serde_json::{Map, Value, json};

use crate::model::{FORMAT, Model, Net, VERSION};
use crate::spec::names::{activation_name, name_of};
use net::Cost;

/// Describes a model: names of docs/model-format.md and their values.
pub(super) fn described(model: &Model) -> Map<String, Value> {
    let Model { net, input, image_shape, scaling, classes, columns, provenance } = model;
    let names: Vec<_> = activations(net).into_iter().map(activation_name).collect();
    let entries = [
        ("format", json!(FORMAT)),
        ("version", json!(VERSION)),
        ("dtype", json!(net.dtype().name())),
        ("widths", json!(net.widths())),
        ("activations", json!(names)),
        ("cost", json!(name_of(&Cost::ALL, net.cost()))),
        ("input", json!(input.name())),
        ("image_shape", json!(image_shape)),
        ("scaling", json!(scaling.name())),
        ("classes", json!(classes)),
        ("provenance", provenance.clone()),
    ];
    let columns = columns.lists().map(|(dataset, names)| (dataset, json!(names)));
    let named = columns.into_iter().filter(|(_, names)| *names != json!([]));
    entries.into_iter().chain(named).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Returns the activation of each layer.
pub(super) fn activations(net: &Net) -> Vec<Activation> {
    match net {
        Net::F32(chain) => chain.layers.iter().map(|layer| layer.activation).collect(),
        Net::F64(chain) => chain.layers.iter().map(|layer| layer.activation).collect(),
    }
}
