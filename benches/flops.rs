//! The measurement of every bench here: wall time, reported in FLOP/s.

use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput};
use kernels::peak;

/// Wall time whose throughput is floating-point operations; a bench gives them as `Throughput::Elements`.
pub(crate) struct Flops;

impl Measurement for Flops {
    type Intermediate = <WallTime as Measurement>::Intermediate;
    type Value = <WallTime as Measurement>::Value;

    fn start(&self) -> Self::Intermediate {
        WallTime.start()
    }

    fn end(&self, start: Self::Intermediate) -> Self::Value {
        WallTime.end(start)
    }

    fn add(&self, one: &Self::Value, other: &Self::Value) -> Self::Value {
        WallTime.add(one, other)
    }

    fn zero(&self) -> Self::Value {
        WallTime.zero()
    }

    fn to_f64(&self, value: &Self::Value) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &FlopsFormatter
    }
}

struct FlopsFormatter;

impl ValueFormatter for FlopsFormatter {
    fn scale_values(&self, typical: f64, nanoseconds: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_values(typical, nanoseconds)
    }

    fn scale_throughputs(&self, typical: f64, throughput: &Throughput, nanoseconds: &mut [f64]) -> &'static str {
        let &Throughput::Elements(flop) = throughput else {
            return WallTime.formatter().scale_throughputs(typical, throughput, nanoseconds);
        };
        for value in nanoseconds {
            *value = flop as f64 / *value;
        }
        "GFLOP/s"
    }

    fn scale_for_machines(&self, nanoseconds: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_for_machines(nanoseconds)
    }
}

/// Measures the peak of this many cores in both types, by which the benches' figures can be divided.
pub(crate) fn peaks(threads: usize) -> String {
    let single = peak::flops_of_threads::<f32>(threads) / 1e9;
    let double = peak::flops_of_threads::<f64>(threads) / 1e9;
    format!("peak with {threads} threads: f32 {single:.1}, f64 {double:.1} GFLOP/s")
}

/// Makes the configuration of all benches: enough samples for a median, short enough to run the whole list.
pub(crate) fn criterion() -> Criterion<Flops> {
    Criterion::default()
        .with_measurement(Flops)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args()
}
