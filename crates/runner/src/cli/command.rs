//! The subcommands, each with its arguments.

use clap::Subcommand;

use super::bench::Bench;
use super::blas::Blas;
use super::cluster::{Merge, Status, Submit};
use super::data::Data;
use super::experiment::{Gradcheck, Trace, with_help_of_file};
use super::models::{Evaluate, Export, Predict, Train};
use super::results::{Best, Claims, Compare, Report, Show, Tag, Verify};
use super::shells::{Completions, Man};
use super::sweep::Sweep;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train every point of an experiment's sweep, in parallel.
    ///
    /// The results go to results/NAME/ (NAME is the experiment's name): results.db is the record, trials.csv and
    /// history.csv are tables of it. Running the same command again resumes: finished trials are skipped, and
    /// those in training go on from their checkpoints. Ctrl-C keeps both; a second one leaves at once. At
    /// its end it says whether the claims of the experiment hold.
    #[command(after_help = "Examples:
  runner sweep experiments/depth.toml
  runner sweep experiments/depth.toml name=depth-tanh \\
      model.activation=tanh 'sweep.model.depth=[2, 4, 6]' -j 1
  runner sweep experiments/depth.toml --dry-run")]
    Sweep(Sweep),
    /// Join the shards of a sweep into one results directory.
    ///
    /// `runner sweep FILE --shard I/N` trains a part of a sweep into results/NAME.shards/I-of-N, on any machine and at any time; their
    /// records together are the sweep: history.csv is, byte for byte, that of a sweep on one machine with the same BLAS, core and plans
    /// of products, and trials.csv is but for its seconds. Trials that several records have must be equal in every bit. Trials that are
    /// missing are listed, with exit code 1. Merging again adds what has been trained since. With successive halving, merge after each
    /// rung (round), before the next one is trained.
    #[command(after_help = "Examples:
  runner merge results/depth.shards
  runner merge shards/0-of-2 /mnt/other/1-of-2 --out results/depth")]
    Merge(Merge),
    /// Submit a sweep to Slurm: an array with a task for each shard, and a job that merges them.
    ///
    /// The scripts, the experiment as it is now with the hashes of its data, and the shards are in DIR.shards; DIR gets the merged results.
    /// A shard that reaches its time limit queues up again. Whatever happens to jobs and nodes, --resume submits the shards whose records
    /// lack trials. What is not given here is taken from ~/.config/layerchain/cluster.toml, or the file that LAYERCHAIN_CLUSTER names,
    /// whose keys are these options.
    #[command(after_help = "Examples:
  runner submit experiments/depth.toml --shards 8 --dry-run
  runner submit experiments/depth.toml --shards 8 --partition short \\
      --max-parallel 4 --time 1h
  runner status results/depth.shards
  runner submit experiments/depth.toml --resume")]
    Submit(Submit),
    /// Show how far the shards of a sweep are, from their records.
    ///
    /// A shard is done if its record has all its trials, running if a runner holds its record or Slurm runs its task, stopped if trials are
    /// left and no runner works on them, failed if all its trials ended and some could not be trained, not begun without a record,
    /// and damaged if that can't be read or is of another experiment.
    /// Slurm's state of each task is shown too, if squeue answers. Exit code 0 if every trial is done, 1 if not.
    #[command(after_help = "Examples:
  runner status results/depth.shards
  runner status results/depth.shards --json | jq .trials_left")]
    Status(Status),
    /// Train one net and save it, with everything that predictions need, as a model file (HDF5).
    ///
    /// The sweep must have a single point: give each swept key one value, as KEY=VALUE. The training is, bit for bit,
    /// that of a sweep of this point. A net that diverges is not saved (exit code 1). A training that is
    /// interrupted (exit code 130) is kept in MODEL.ckpt, from which the same command goes on.
    ///
    /// With a results directory in place of the experiment, --trial or --best names a trial of its sweep, which is trained again with the
    /// fleet that it was trained in: on the same machine bit for bit, which is checked. --best is the trial that `runner best` names.
    #[command(after_help = "Examples:
  runner train experiments/course-4layer.toml
  runner train experiments/depth.toml model.depth=4 model.width=20 \\
      train.learning_rate=0.01 seed=1 --out cats.h5 --history cats.csv
  runner train results/depth --best
  runner train results/depth --trial 1a2b3c --out cats.h5
  runner predict results/course-4layer/model.h5 my-cat.jpg")]
    #[command(mut_args(|argument| with_help_of_file(argument,
        "An experiment of one point, such as experiments/course-4layer.toml; with --trial or --best a results directory, such as \
         results/depth"
    )))]
    Train(Train),
    /// Predict the classes, or values, of pictures or of the examples of HDF5 files.
    ///
    /// Pictures are turned as their EXIF tag says, laid over white where they are transparent, resized to the size of
    /// the training pictures (proportions aren't kept), and made grey if those were. Everything is scaled as in
    /// training. All inputs are read before anything is printed.
    #[command(after_help = "Examples:
  runner predict results/course-4layer/model.h5 my-cat.jpg my-dog.png
  runner predict model.h5 data/test_catvnoncat.h5 --json | jq .probability
  runner predict model.h5 cats/ dogs/
  runner predict model.h5 measured.h5 --dataset features")]
    Predict(Predict),
    /// Evaluate a model on examples with targets: cost, accuracy, confusion matrix, precision and recall.
    #[command(after_help = "Examples:
  runner evaluate results/course-4layer/model.h5
  runner evaluate model.h5 --part train
  runner evaluate model.h5 --wrong --sheet mistakes.png
  runner evaluate model.h5 experiments/course-4layer.toml
  runner evaluate model.h5 drawn data/test_mine.h5 --json")]
    Evaluate(Evaluate),
    /// Write a model for other programs: as an ONNX graph, as safetensors, or for NumPy.
    ///
    /// The ONNX graph takes unscaled examples, as they are in the data files, and gives the probabilities of the classes, or values;
    /// scaling is part of it. The other two hold the parameters. The description and the origin of the net are stored as metadata.
    #[command(after_help = "Examples:
  runner export results/course-4layer/model.h5 --onnx cats.onnx
  runner export model.h5 --safetensors model.safetensors --npz model.npz")]
    Export(Export),
    /// Show the trials of a sweep as a table, best first.
    ///
    /// Where several seeds are swept, a row is a setting: the mean and the standard deviation of its trials that completed; those that
    /// diverged are counted. The best is by the validation cost where it is measured, else by the training cost, never by the test
    /// examples unless --sort says so; a setting with a trial that did not complete comes after those without. In successive halving
    /// the last rung comes first. On a terminal the less important columns are left out where they don't fit; a file or a pipe gets all.
    #[command(after_help = "Examples:
  runner show results/depth
  runner show results/depth --where 'depth >= 4 and status = completed' \\
      --sort test_accuracy -n 10
  runner show results/depth --trials --sort -seconds \\
      --columns trial,depth,learning_rate,seconds
  runner show results/depth --csv > depth.csv
  runner show results/depth --trials --json | jq -r .trial

A condition compares a key (by its full name or the last part of it), a column of
trials.csv, or trial, tag, note or rung with a value, by =, !=, <, <=, > or >=;
and, or, not and parentheses join conditions; a value with spaces needs quotes.
Exit code 1 if no trial fits it.")]
    Show(Show),
    /// Name the best setting of a sweep and its best trial, with the keys that give it.
    ///
    /// It is the first row of `runner show`: the setting with the lowest mean validation cost over its seeds or, if no examples are set
    /// aside for validation (data.validation=0.2), with the lowest mean training cost. Below the sentences are its keys, each as TOML and
    /// as a word that `runner sweep` and `runner train` take after an experiment.
    #[command(after_help = "Examples:
  runner best results/depth
  runner best results/depth --by test_accuracy --where 'depth = 4'
  runner train results/depth/experiment.toml \\
      $(runner best results/depth | grep -v '#')
  runner best results/depth --json | jq .setting.keys")]
    Best(Best),
    /// Compare two sweeps: their trials paired by the swept keys, differences with their standard errors.
    ///
    /// A trial of A is paired with the trial of B that has the same values of all keys that A or B sweeps; a key that one of them doesn't
    /// sweep has its fixed value there. A row is a setting: the means of both over the seeds that both have completed, and the mean of the
    /// differences B - A ± its standard error. Trials without a partner are counted. The keys that are swept differently and the settings
    /// that differ are named; a warning says if the trainings have different lengths.
    #[command(after_help = "Examples:
  runner compare results/depth results/depth-tanh
  runner compare results/depth results/depth-tanh --by test_cost \\
      --where 'depth <= 4' --csv")]
    Compare(Compare),
    /// Put tags and notes on trials, or on a sweep; without a change, list them.
    ///
    /// They are kept in results.db without changing a digest, and stay when a trial is trained again. `runner show` has them as columns,
    /// and `--where 'tag = x'` finds them; a tag on the sweep counts as a tag on each of its trials.
    #[command(after_help = "Examples:
  runner tag results/depth +paper --note 'figure 3'
  runner tag results/depth --trial 1a2b3c +look --note 'why does it rise?'
  runner tag results/depth --where 'depth = 8 and status = diverged' \\
      +unstable -look
  runner tag results/depth")]
    Tag(Tag),
    /// Say whether the claims of an experiment hold in its results.
    ///
    /// A claim is a number that the results come to, with its bounds: a table `[[claim]]` of the experiment (docs/claims.md). The end of a
    /// sweep judges them too. Exit code 1 if one does not hold, or can't be judged because trials are missing.
    #[command(after_help = "Examples:
  runner claims results/course-4layer
  runner claims results/depth --json")]
    Claims(Claims),
    /// Write a sweep as one HTML page that opens anywhere, without a network.
    ///
    /// It has what was asked, which setting is best, a table to sort and filter, plots to hover over, the machine, the experiment
    /// and its digests. The best setting is the one with the lowest validation cost, or training cost if there are no validation
    /// examples, as the mean over its seeds; the test examples have no part in it, unless
    /// successive halving ranked by them. The record stays as it is.
    #[command(after_help = "Examples:
  runner report results/depth
  runner report results/depth -o depth.html --open yes")]
    Report(Report),
    /// Check that a results directory is as its sweep wrote it, and that its trials can be repeated.
    ///
    /// Everything in results.db has a digest, a trial's id is the hash of its settings and data, and results.db keeps the hashes of the
    /// files beside it. Some trials, drawn with a seed, are trained again in their fleets. The results must be the same bit for bit if the
    /// runner, the BLAS and its core are those of the record; otherwise only each trial's first cost is compared (within 1000 machine
    /// epsilons), because later rounding differences grow. Exit code 1 if something differs.
    #[command(after_help = "Examples:
  runner verify results/depth
  runner verify results/depth --retrain all
  runner verify results/depth --retrain 0")]
    Verify(Verify),
    /// Compare the gradients of an experiment's nets with finite differences of the cost, in f64.
    ///
    /// Each net of the sweep is checked at its initial weights, drawn from its first seed. Points that differ only in keys which J doesn't
    /// depend on, such as the learning rate, share a net.
    #[command(after_help = "Examples:
  runner gradcheck experiments/course-4layer.toml
  runner gradcheck experiments/depth.toml model.activation=gelu \\
      --elements 100")]
    Gradcheck(Gradcheck),
    /// Lay one step of a small net open: every matrix from X to the new W and b, with its shape and equation.
    ///
    /// Forward layer by layer, the cost, back, the update, all in f64; finite differences are printed beside the
    /// gradients, and the published results beside the exercises of the course. A worked example is a net whose numbers are in the file
    /// (docs/trace.md). Exit code 1 if a gradient differs from the finite differences, or a result from the published one.
    #[command(after_help = "Examples:
  runner trace experiments/trace/lecture.toml
  runner trace experiments/trace/lecture.toml train.learning_rate=1 \\
      layer.1.activation=tanh --step 3
  runner trace experiments/trace/l-model-forward.toml --html step.html
  runner trace experiments/course-2layer.toml --examples 1")]
    #[command(mut_args(|argument| with_help_of_file(argument,
        "A worked example, such as experiments/trace/lecture.toml, or an experiment of one point, such as experiments/course-2layer.toml"
    )))]
    Trace(Trace),
    /// Time the products and whole steps of an experiment, or products of given shapes, on one BLAS library or several.
    ///
    /// Every product is called as training calls it, and listed once with how often a step makes it. Products are
    /// checked before they are timed; libraries take turns, so that what slows the machine slows all of them. Each
    /// speed is compared with this machine's peak, measured in the same run, and shown with the limit that bounds it:
    /// compute, bandwidth or the overhead of a call.
    #[command(after_help = "Columns:
  calls      the calls of this product when every fleet (nets that one worker
             trains together) makes one step, added up
  share      its part of the operations
  A, B, ...  GFLOP/s and share of the machine's peak, on each library
  +-         half of the confidence interval of A's number
  A/best     A's speed divided by that of the fastest library
  bound by   the limit of A's speed
  fleets     the number of fleets of this kind in the experiment
  MFLOP      the products of one step of such a fleet

Examples:
  runner bench experiments/depth.toml --blas all
  runner bench experiments/depth.toml model.dtype=f64 --blas bundled,mkl \\
      --save before
  runner bench experiments/depth.toml model.dtype=f64 --blas bundled \\
      --against before --fail-above 5%
  runner bench --shape 64..4096x2 --dtype f32 --threads 2
  runner bench --shape 512,784,128,nt --shape 512,128,784 --json")]
    Bench(Bench),
    /// Check this machine: the BLAS libraries found, their speed and products, HDF5, data. Each ✗ comes with its fix.
    Check(Blas),
    /// Data to train on: list, generate, fetch, import and inspect data sets.
    #[command(subcommand)]
    Data(Data),
    /// Print the JSON schema of experiments, with which an editor checks and completes them.
    ///
    /// It is draft-07, as Taplo and Even Better TOML take it: `#:schema ./experiment.schema.json` in the first line of an experiment
    /// names the file.
    #[command(after_help = "Example:
  runner schema > experiment.schema.json")]
    Schema,
    /// Print a script by which a shell completes commands, options, files and the keys of experiments.
    #[command(after_help = "Examples:
  source <(runner completions bash)  # in ~/.bashrc
  source <(runner completions zsh)   # in ~/.zshrc, after compinit
  runner completions fish > ~/.config/fish/completions/runner.fish")]
    Completions(Completions),
    /// Write manual pages into a folder.
    #[command(after_help = "Example:
  runner man ~/.local/share/man/man1 && man runner-sweep")]
    Man(Man),
}
