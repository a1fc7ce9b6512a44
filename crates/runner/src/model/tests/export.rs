//! Models in the formats of other programs: all bits are there, and the same model gives the same bytes. What the programs
//! themselves make of them is tested in python/tests.

use std::io::{Cursor, Read};

use safetensors::SafeTensors;
use serde_json::Value;
use zip::ZipArchive;

use super::*;
use crate::model::export::Format;

fn standardized() -> Model {
    let scaling = Scaling::Standardize { mean: vec![0.1, -0.0, 1e300, 5e-324], std: vec![1.0, 0.3, 1e-300, 2.0] };
    let (image_shape, classes) = (None, Vec::new());
    Model { scaling, image_shape, classes, input: FeatureType::F64, ..model(Net::F64(chain(Activation::Identity, 5))) }
}

fn bits_of_layers(net: &Net) -> Vec<Vec<u8>> {
    fn of<R: Real, const N: usize>(chain: &Chain<R>, bytes: fn(&R) -> [u8; N]) -> Vec<Vec<u8>> {
        let layers = chain.layers.iter();
        layers
            .flat_map(|layer| [layer.w.iter().flat_map(bytes).collect(), layer.b.iter().flat_map(bytes).collect()])
            .collect()
    }
    match net {
        Net::F32(chain) => of(chain, |value| value.to_le_bytes()),
        Net::F64(chain) => of(chain, |value| value.to_le_bytes()),
    }
}

#[test]
fn safetensors_hold_every_bit_under_the_names_of_torch() {
    for model in [cats(), standardized()] {
        let file = model.export(Format::Safetensors).unwrap();
        let tensors = SafeTensors::deserialize(&file).unwrap();
        let all = bits_of_layers(&model.net);
        for (place, bits) in all.iter().enumerate() {
            let tensor = tensors.tensor(&format!("layers.{}.{}", place / 2, ["weight", "bias"][place % 2])).unwrap();
            assert_eq!(tensor.data(), bits);
        }
        assert_eq!(tensors.tensor("layers.0.weight").unwrap().shape(), [3, 4]);
        let moments = usize::from(matches!(model.scaling, Scaling::Standardize { .. })) * 2;
        assert_eq!(tensors.len(), all.len() + moments);
        let (_, metadata) = SafeTensors::read_metadata(&file).unwrap();
        let description: Value = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["layerchain"]).unwrap();
        assert_eq!(description["activations"][0], "gelu-tanh");
        assert_eq!(description["scaling"], model.scaling.name());
        assert_eq!(description["provenance"], model.provenance);
    }
}

#[test]
fn an_archive_of_numpy_holds_every_bit_under_the_names_of_the_model_file() {
    let model = standardized();
    let mut archive = ZipArchive::new(Cursor::new(model.export(Format::Npz).unwrap())).unwrap();
    let mut entry = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    for (place, bits) in bits_of_layers(&model.net).iter().enumerate() {
        let file = entry(&format!("layer_{}/{}.npy", place / 2 + 1, ["w", "b"][place % 2]));
        let header = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
        assert_eq!((header % 64, &file[..8], &file[header..]), (0, &b"\x93NUMPY\x01\x00"[..], &bits[..]));
    }
    assert!(entry("scaling/std.npy").ends_with(&2.0f64.to_le_bytes()));
}

#[test]
fn gelu_in_f64_which_runtimes_do_not_have_is_refused_as_onnx() {
    let mut chain = chain::<f64>(Activation::Sigmoid, 1);
    assert!(model(Net::F64(chain.clone())).export(Format::Onnx).is_ok());
    chain.layers[1].activation = Activation::Gelu;
    let refused = model(Net::F64(chain.clone())).export(Format::Onnx).unwrap_err().to_string();
    assert!(refused.contains("gelu in f64") && refused.contains("model.dtype=f32"), "{refused}");
    assert!(model(Net::F64(chain)).export(Format::Npz).is_ok());
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    for format in [Format::Onnx, Format::Safetensors, Format::Npz] {
        let [first, second] = [(); 2].map(|()| cats().export(format).unwrap());
        assert!(first == second, "{format:?}");
        assert!(first != standardized().export(format).unwrap(), "{format:?}");
    }
}
