//! NPZ: a zip archive of NPY files, which `numpy.load` reads.

use std::io::{Cursor, Write};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::described::described;
use super::tensor::Tensor;
use crate::model::Model;
use crate::spec::trial::Dtype;

/// The array that has the description: bytes of JSON.
const DESCRIPTION: &str = "layerchain";
/// An NPY header ends at a multiple of this.
const ALIGNMENT: usize = 64;

/// Encodes a model: layer_1/w, layer_1/b, ..., and scaling/mean and scaling/std where the examples are standardized.
pub(super) fn encode(model: &Model) -> Vec<u8> {
    // Without a time, so that equal models are equal bytes.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, element: &str, shape: &[usize], bytes: &[u8]| {
        zip.start_file(format!("{name}.npy"), options.last_modified_time(zip::DateTime::DEFAULT))?;
        zip.write_all(&header(element, shape))?;
        zip.write_all(bytes).map_err(zip::result::ZipError::from)
    };
    for Tensor { name, dtype, shape, bytes } in &Tensor::all_of(model) {
        let element = if *dtype == Dtype::F32 { "<f4" } else { "<f8" };
        put(name, element, shape, bytes).expect("memory takes any bytes");
    }
    let description = Value::Object(described(model)).to_string();
    put(DESCRIPTION, "|u1", &[description.len()], description.as_bytes()).expect("memory takes any bytes");
    zip.finish().expect("memory takes any bytes").into_inner()
}

/// Writes the header of an NPY file, version 1.0, of an array in C order.
fn header(element: &str, shape: &[usize]) -> Vec<u8> {
    const BEFORE: usize = 10;
    let shape: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let mut text = format!("{{'descr': '{element}', 'fortran_order': False, 'shape': ({shape}), }}");
    let padding = (BEFORE + text.len() + 1).next_multiple_of(ALIGNMENT) - (BEFORE + text.len() + 1);
    text += &" ".repeat(padding);
    text.push('\n');
    let length = u16::try_from(text.len()).expect("a shape of two numbers is short");
    [b"\x93NUMPY\x01\x00", &length.to_le_bytes()[..], text.as_bytes()].concat()
}
