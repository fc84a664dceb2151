//! One question to its vector with all-MiniLM-L6-v2 on the CPU: ours, and the stock encoder of candle-transformers.
//!
//! `ours`: tokenise, encode, pool, on one and on all threads, in f32. `embedder`: the same through queue and model
//! thread, as configured by default. `stock`: the same tokens through candle-transformers, on its own threads. A group
//! for itself encodes and pools on one thread with each of this processor's instructions, another one reads two questions
//! with the verifier. Lengths are in tokens.
//! `cargo bench --bench embed -- serve FOLDER` answers `scripts/bench-embed.py`, which compares with other libraries.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::{
    collections::BTreeMap,
    fs,
    hint::black_box,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use criterion::{BenchmarkId, Criterion, criterion_group};
use scrimp::{
    config::{DeviceChoice, Embedding, ModelSource, Precision},
    embed::{
        Backend, Embedder, Encoder, Instructions, Kernel, LocalEmbedder, Model, Vectors, Width,
        locate,
    },
    verify::Verifier,
};
use serde::Deserialize;
use serde_json::json;

const LENGTHS: [usize; 5] = [12, 16, 32, 128, 256];

/// Tokens of two questions that the verifier still reads.
const LONGEST_PAIR: usize = 252;

/// What `scripts/fetch-model.sh` fetches: stock candle reads no quantised weights.
const MODEL: &str = "models/all-MiniLM-L6-v2";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let ["serve", folder, ..] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return match serve(Path::new(folder)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                report(error.as_ref());
                ExitCode::FAILURE
            }
        };
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
    ExitCode::SUCCESS
}

criterion_group!(benches, embed);

/// A text of a number of tokens, two of which are special; `number` makes it another text of the same length.
fn text(tokens: usize, number: usize) -> String {
    let words = [
        "price", "bread", "summer", "city", "river", "music", "garden", "school", "water", "train",
    ];
    let word =
        |place: usize| words[(place * 7 + number / 10_usize.pow(place as u32 % 6)) % words.len()];
    (0..tokens - 2).map(word).collect::<Vec<_>>().join(" ")
}

fn stock(folder: &Path) -> Result<BertModel, Box<dyn std::error::Error>> {
    let config: Config = serde_json::from_slice(&fs::read(folder.join("config.json"))?)?;
    let weights = fs::read(folder.join("model.safetensors"))?;
    Ok(BertModel::load(
        VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?,
        &config,
    )?)
}

fn stock_vector(stock: &BertModel, ids: &[u32]) -> candle_core::Result<Vec<f32>> {
    let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
    let mean = stock.forward(&ids, &ids.zeros_like()?, None)?.squeeze(0)?.mean(0)?;
    let length = mean.sqr()?.sum_all()?.sqrt()?;
    mean.broadcast_div(&length)?.to_vec1()
}

fn embed(criterion: &mut Criterion) {
    let of_the_binary = by_instructions(criterion).and_then(|()| verify(criterion));
    if let Err(error) = of_the_binary.and_then(|()| measure(criterion, Path::new(MODEL))) {
        report(error.as_ref());
    }
}

#[expect(clippy::print_stderr, reason = "a bench talks to a person")]
fn report(error: &dyn std::error::Error) {
    eprintln!("embed: {error}");
}

fn measure(criterion: &mut Criterion, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let source = ModelSource::Folder(folder.to_owned());
    let model = Model::load(&locate(&source)?, &Backend::F32)?;
    let stock = stock(folder)?;
    let embedding = Embedding {
        model: source,
        device: DeviceChoice::Cpu,
        precision: Precision::Auto,
        queue: 512,
        batch_tokens: 4096,
    };
    let embedder = Arc::new(LocalEmbedder::start(&embedding)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let all = rayon::ThreadPoolBuilder::new().build()?;
    let vector = |text: &str| {
        let ids = model.tokenizer.encode(text).ok()?.ok()?;
        model.encoder.embed(&[&ids]).ok()
    };
    let mut group = criterion.benchmark_group("embed");
    for tokens in LENGTHS {
        let question = text(tokens, 0);
        let ids = model.tokenizer.encode(&question)?.map_err(|_| "the text is too long")?;
        assert_eq!(ids.len(), tokens);
        for (name, pool) in [("ours/1 thread", &one), ("ours/all threads", &all)] {
            group.bench_function(BenchmarkId::new(name, tokens), |bencher| {
                bencher.iter(|| pool.install(|| vector(&question)));
            });
        }
        let mut number = 0;
        group.bench_function(BenchmarkId::new("embedder", tokens), |bencher| {
            bencher.iter(|| {
                number += 1;
                let (embedder, text) = (Arc::clone(&embedder), text(tokens, number));
                let call = runtime.spawn(async move { embedder.embed(vec![text]).await.is_ok() });
                runtime.block_on(call).unwrap_or(false)
            });
        });
        group.bench_function(BenchmarkId::new("stock", tokens), |bencher| {
            bencher.iter(|| stock_vector(&stock, black_box(&ids)));
        });
    }
    group.finish();
    Ok(())
}

/// The encoder in this binary, which has the same shape, with each kernel.
fn by_instructions(criterion: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let located = locate(&ModelSource::Builtin)?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut group = criterion.benchmark_group("encode");
    for (name, backend) in backends() {
        let model = Model::load(&located, &backend)?;
        for tokens in LENGTHS {
            let ids: Vec<u32> = (0..tokens as u32).map(|token| 1000 + token * 97).collect();
            group.bench_function(BenchmarkId::new(&name, tokens), |bencher| {
                bencher.iter(|| one.install(|| model.encoder.embed(&[black_box(&ids)]).is_ok()));
            });
        }
    }
    group.finish();
    Ok(())
}

/// The verifier over two questions, and the encoder over a text of as many tokens, by default.
fn verify(criterion: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let located = locate(&ModelSource::Builtin)?;
    let backend = Kernel::best();
    let model = Model::load(&located, &Backend::Narrow(backend, Width::Int8))?;
    let verifier = Verifier::shipped(Precision::Int8)?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut group = criterion.benchmark_group("verify");
    for tokens in LENGTHS.into_iter().filter(|tokens| *tokens <= LONGEST_PAIR) {
        // Three tokens frame the two questions.
        let words = tokens - 3;
        let (asked, stored) = (text(words / 2 + 2, 0), text(words - words / 2 + 2, 1));
        group.bench_function(BenchmarkId::new("verifier", tokens), |bencher| {
            bencher.iter(|| one.install(|| verifier.logit(&asked, &stored).is_ok()));
        });
        let text = text(tokens, 0);
        group.bench_function(BenchmarkId::new("encoder", tokens), |bencher| {
            bencher.iter(|| {
                one.install(|| {
                    let ids = model.tokenizer.encode(black_box(&text)).ok()?.ok()?;
                    model.encoder.embed(&[&ids]).ok()
                })
            });
        });
    }
    group.finish();
    Ok(())
}

/// All that this processor can compute with on the CPU, by name.
fn backends() -> Vec<(String, Backend)> {
    let mut backends = vec![("f32".to_owned(), Backend::F32)];
    for kernel in Instructions::ALL.into_iter().filter_map(Kernel::of) {
        let name = |width: &str| format!("{:?} {width}", kernel.instructions());
        backends.push((name("int8"), Backend::Narrow(kernel, Width::Int8)));
        if kernel.instructions() == Instructions::Amx {
            backends.push((name("bf16"), Backend::Narrow(kernel, Width::Bf16)));
        }
    }
    backends
}

/// One line that [`serve`] reads.
#[derive(Deserialize)]
struct Asked {
    backend: String,
    ids: Vec<u32>,
    /// How long to compute the vector again and again; not at all when 0.
    seconds: f64,
}

/// Prints the names of the backends; then, for each line, the vector of these tokens by the model in `folder` on one thread,
/// and the median time that it takes.
#[expect(clippy::print_stdout, reason = "what the caller reads")]
fn serve(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let located = locate(&ModelSource::Folder(folder.to_owned()))?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut models = BTreeMap::new();
    let mut names = Vec::new();
    for (name, backend) in backends() {
        models.insert(name.clone(), Model::load(&located, &backend)?);
        names.push(name);
    }
    println!("{}", json!(names));
    for line in std::io::stdin().lines() {
        let Asked { backend, ids, seconds } = serde_json::from_str(&line?)?;
        let model = models.get(&backend).ok_or("there is no such backend")?;
        // All of it on the pool's thread: handing over a text takes as long as some of its layers.
        let (vectors, mut times) = one.install(|| timed(&model.encoder, &ids, seconds))?;
        times.sort_unstable_by(f64::total_cmp);
        let vector = vectors.first().map(|vectors| &vectors.meaning[..]);
        println!("{}", json!({"p50_us": times.get(times.len() / 2), "vector": vector}));
    }
    Ok(())
}

/// The vectors of a text, and how long each repetition within `seconds` took, in microseconds.
fn timed(encoder: &Encoder, ids: &[u32], seconds: f64) -> Result<(Vec<Vectors>, Vec<f64>), String> {
    let vectors = encoder.embed(&[ids])?;
    let mut times = Vec::new();
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        let start = Instant::now();
        black_box(encoder.embed(&[black_box(ids)])?);
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok((vectors, times))
}
