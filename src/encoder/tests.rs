use std::collections::HashMap;

use candle_core::Tensor;
use proptest::prelude::*;

use super::*;

const WORDS: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nrefund\nnot\nreceived\n##s\n!\n";
const CONFIG: &str = r#"{"model_type": "bert", "vocab_size": 9, "hidden_size": 16, "num_hidden_layers": 2,
"num_attention_heads": 4, "intermediate_size": 32, "max_position_embeddings": 12, "hidden_act": "gelu",
"layer_norm_eps": 1e-12}"#;

/// A tensor of numbers that look random and are the same every time.
fn tensor(name: &str, dims: &[usize]) -> Tensor {
    let mut state = name.bytes().fold(7_u64, |s, b| s.wrapping_mul(31).wrapping_add(u64::from(b)));
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u32 << 24) as f32 - 0.5
    };
    let numbers: Vec<f32> = (0..dims.iter().product()).map(|_| next()).collect();
    Tensor::from_vec(numbers, dims, &Device::Cpu).expect("a tensor")
}

fn tensors(width: usize, layers: usize) -> HashMap<String, Tensor> {
    let inner = 2 * width;
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("embeddings.word_embeddings.weight".into(), vec![9, width]),
        ("embeddings.position_embeddings.weight".into(), vec![12, width]),
        ("embeddings.token_type_embeddings.weight".into(), vec![2, width]),
        ("embeddings.LayerNorm.weight".into(), vec![width]),
        ("embeddings.LayerNorm.bias".into(), vec![width]),
    ];
    for layer in 0..layers {
        for (part, out, from) in [
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", inner, width),
            ("output.dense", width, inner),
        ] {
            shapes.push((format!("encoder.layer.{layer}.{part}.weight"), vec![out, from]));
            shapes.push((format!("encoder.layer.{layer}.{part}.bias"), vec![out]));
        }
        for part in ["attention.output.LayerNorm", "output.LayerNorm"] {
            shapes.push((format!("encoder.layer.{layer}.{part}.weight"), vec![width]));
            shapes.push((format!("encoder.layer.{layer}.{part}.bias"), vec![width]));
        }
    }
    shapes.into_iter().map(|(name, dims)| (name.clone(), tensor(&name, &dims))).collect()
}

/// A folder with a BERT of two layers.
pub(crate) fn folder() -> tempfile::TempDir {
    folder_of(16, 2)
}

/// A folder with a BERT of so many numbers, a multiple of four, and layers.
pub(crate) fn folder_of(width: usize, layers: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let config = CONFIG
        .replace("\"hidden_size\": 16", &format!("\"hidden_size\": {width}"))
        .replace("\"intermediate_size\": 32", &format!("\"intermediate_size\": {}", 2 * width))
        .replace("\"num_hidden_layers\": 2", &format!("\"num_hidden_layers\": {layers}"));
    std::fs::write(dir.path().join("config.json"), config).expect("written");
    std::fs::write(dir.path().join("vocab.txt"), WORDS).expect("written");
    candle_core::safetensors::save(&tensors(width, layers), dir.path().join("model.safetensors")).expect("written");
    dir
}

#[test]
fn texts_become_vectors_that_depend_on_nothing_else() {
    let dir = folder();
    let encoder = Encoder::open(dir.path()).expect("an encoder");
    assert_eq!(encoder.width(), 16);
    let texts = ["Refund not received!", "refunds", "", "not received refund", "refund not received !"];
    let mut seen = 0;
    let all = encoder.encode(&texts, |n| seen += n).expect("vectors");
    assert_eq!(seen, texts.len());
    for (text, vector) in texts.iter().zip(&all) {
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5, "{text}: {length}");
        let alone = encoder.encode(&[text], |_| ()).expect("a vector");
        assert!(vector.iter().zip(&alone[0]).all(|(a, b)| (a - b).abs() < 1e-5), "{text}");
    }
    assert_eq!(all[0], all[4], "case and spaces do not matter");
    assert_ne!(encoder.encode(&["refund not received"], |_| ()).expect("one")[0], all[3], "order does");
    assert!(encoder.encode(&["refund ".repeat(100_000)], |_| ()).is_ok());
    assert_eq!(encoder.encode_vocabulary(|_| ()).expect("vectors").len(), 9);
}

#[test]
fn a_folder_that_is_no_encoder_is_refused_by_file() {
    let broken = |name: &str, bytes: &[u8]| {
        let dir = folder();
        std::fs::write(dir.path().join(name), bytes).expect("written");
        Encoder::open(dir.path()).expect_err(name).to_string()
    };
    for (name, bytes, want) in [
        ("config.json", &b"{}"[..], "config.json: missing field"),
        ("config.json", CONFIG.replace("\"bert\"", "\"gpt2\"").as_bytes(), "only \"bert\" is understood"),
        (
            "config.json",
            CONFIG.replace("\"hidden_size\": 16", "\"hidden_size\": 8").as_bytes(),
            "config.json makes it [9, 8]",
        ),
        ("config.json", CONFIG.replace("heads\": 4", "heads\": 5").as_bytes(), "no multiple"),
        ("vocab.txt", b"a\nb\n", "vocab.txt: no [UNK]"),
        ("vocab.txt", [WORDS, "x\n"].concat().as_bytes(), "10 pieces, but config.json has vocab_size 9"),
        ("model.safetensors", b"{", "model.safetensors: "),
    ] {
        let said = broken(name, bytes);
        assert!(said.contains(want), "{said}");
    }
    for name in ["config.json", "vocab.txt", "model.safetensors"] {
        let dir = folder();
        std::fs::remove_file(dir.path().join(name)).expect("removed");
        let said = Encoder::open(dir.path()).expect_err(name).to_string();
        assert!(said.contains(name) && said.contains("the folder of an encoder holds"), "{said}");
    }
}

#[test]
fn a_version_changes_with_every_byte_of_the_files() {
    let version = |dir: &tempfile::TempDir| Encoder::open(dir.path()).expect("an encoder").version().to_owned();
    let dir = folder();
    let first = version(&dir);
    assert_eq!(first, version(&folder()));
    for (name, from, to) in [("config.json", "1e-12", "1e-11"), ("vocab.txt", "refund", "refunt")] {
        let dir = folder();
        let text = std::fs::read_to_string(dir.path().join(name)).expect("text");
        std::fs::write(dir.path().join(name), text.replace(from, to)).expect("written");
        assert_ne!(version(&dir), first, "{name}");
    }
    assert_ne!(version(&folder_of(16, 1)), first);
}

#[test]
fn one_text_has_one_vector_to_the_bit() {
    let dir = folder();
    let encoder = Encoder::open(dir.path()).expect("an encoder");
    let one = encoder.encode_one("Refund not received!").expect("a vector");
    let both = encoder.encode(&["refund", "Refund not received!"], |_| ()).expect("vectors");
    assert_eq!(one, encoder.encode_one("refund  NOT received !").expect("a vector"));
    assert!(one.iter().zip(&both[1]).all(|(a, b)| (a - b).abs() < 1e-5));
}

/// Puts bytes in place of a stretch of a file, and opens the folder; whatever opens must encode or say why not.
fn bent(name: &str, at: usize, with: &[u8], cut: bool) {
    let dir = folder_of(8, 1);
    let path = dir.path().join(name);
    let mut bytes = std::fs::read(&path).expect("a file");
    let at = at % (bytes.len() + 1);
    let end = if cut { bytes.len() } else { (at + with.len()).min(bytes.len()) };
    bytes.splice(at..end, with.iter().copied());
    std::fs::write(&path, bytes).expect("written");
    if let Ok(encoder) = Encoder::open(dir.path()) {
        let _ = encoder.encode_one("refund not received!");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_in_a_file_are_a_panic(
        name in prop::sample::select(vec!["config.json", "vocab.txt", "model.safetensors"]),
        at in prop_oneof![0_usize..400, any::<usize>()],
        with in prop::collection::vec(any::<u8>(), 0..12),
        cut in any::<bool>(),
    ) {
        bent(name, at, &with, cut);
    }

    #[test]
    fn no_numbers_in_the_settings_are_a_panic(
        name in prop::sample::select(vec![
            "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "layer_norm_eps",
        ]),
        number in prop_oneof![
            Just("0".to_owned()), Just("1".to_owned()), Just("3".to_owned()), Just("18446744073709551615".to_owned()),
            Just("-1".to_owned()), Just("1e308".to_owned()), any::<u64>().prop_map(|n| n.to_string()),
        ],
    ) {
        let dir = folder_of(8, 1);
        let path = dir.path().join("config.json");
        let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
        config[name] = serde_json::from_str(&number).expect("a number");
        std::fs::write(&path, config.to_string()).expect("written");
        if let Ok(encoder) = Encoder::open(dir.path()) {
            let _ = encoder.encode_one("refund not received!");
        }
    }
}
