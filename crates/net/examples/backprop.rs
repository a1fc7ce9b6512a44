//! A forward and a backward pass through the net of the lecture, relu-relu-sigmoid: every cache and gradient, with its shape.
//!
//!     cargo run --release -p layerchain-net --example backprop

use net::ndarray::{ArrayView2, Axis, array};
use net::{Activation, Architecture, Optimiser, OptimiserState, Scheme, initialise};

fn main() {
    // Two features, hidden layers of 4 and 3 units, one output; three examples, one per column.
    let architecture = Architecture::classifier(2, &[4, 3], Activation::Relu);
    let mut chain = initialise::chain::<f64>(&architecture, &Scheme::HeNormal.into(), 1);
    let x = array![[-1.0, -0.5, 0.3], [0.4, 1.5, -1.0]];
    let y = array![[1.0, 0.0, 1.0]];

    let (mut caches, mut gradients) = (chain.caches(3), chain.gradients(3));
    chain.forward(x.view(), &mut caches);
    chain.backward(x.view(), y.view(), &caches, &mut gradients);

    println!("forward: z[l] = W[l] a[l-1] + b[l], a[l] = g[l](z[l])\n");
    show("x = a[0]", x.view());
    for (l, (layer, cache)) in (1..).zip(chain.layers.iter().zip(&caches)) {
        println!("layer {l}: {:?}", layer.activation);
        show(&format!("W[{l}]"), layer.w.view());
        show(&format!("b[{l}]"), layer.b.view().insert_axis(Axis(1)));
        show(&format!("z[{l}]"), cache.z.view());
        show(&format!("a[{l}]"), cache.a.view());
    }
    let cost =
        |chain: &net::Chain<f64>| chain.cost().mean(chain.forward(x.view(), &mut chain.caches(3)).z.view(), y.view());
    println!("cost: J = -(1/m) sum( y log a[L] + (1-y) log(1-a[L]) ) = {:.6}\n", cost(&chain));
    show("y", y.view());

    println!("back: dz[L] = a[L] - y, dz[l] = W[l+1]ᵀ dz[l+1] * g[l]'(z[l]), dW[l] = (1/m) dz[l] a[l-1]ᵀ\n");
    for (l, gradient) in gradients.iter().enumerate().rev() {
        let l = l + 1;
        println!("layer {l}");
        show(&format!("dz[{l}]"), gradient.dz.view());
        show(&format!("dW[{l}]"), gradient.dw.view());
        show(&format!("db[{l}]"), gradient.db.view().insert_axis(Axis(1)));
    }

    let learning_rate = 0.1;
    let before = cost(&chain);
    OptimiserState::new(Optimiser::DESCENT, &chain).step(&mut chain, &gradients, learning_rate);
    println!("update: W[l] -= η dW[l], b[l] -= η db[l] with η = {learning_rate}: J {before:.6} -> {:.6}", cost(&chain));
}

/// Prints a matrix after its name and shape.
fn show(name: &str, matrix: ArrayView2<f64>) {
    let (rows, columns) = matrix.dim();
    for (i, row) in matrix.rows().into_iter().enumerate() {
        let head = if i == 0 { format!("{name}  {rows} × {columns}") } else { String::new() };
        let numbers: String =
            row.iter().map(|value| format!("{:9.4}", if *value == 0.0 { 0.0 } else { *value })).collect();
        println!("  {head:<18}{numbers}");
    }
    println!();
}
