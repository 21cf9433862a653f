use std::collections::HashMap;

use candle_core::Tensor;

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

fn tensors() -> HashMap<String, Tensor> {
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("embeddings.word_embeddings.weight".into(), vec![9, 16]),
        ("embeddings.position_embeddings.weight".into(), vec![12, 16]),
        ("embeddings.token_type_embeddings.weight".into(), vec![2, 16]),
        ("embeddings.LayerNorm.weight".into(), vec![16]),
        ("embeddings.LayerNorm.bias".into(), vec![16]),
    ];
    for layer in 0..2 {
        for (part, out, from) in [
            ("attention.self.query", 16, 16),
            ("attention.self.key", 16, 16),
            ("attention.self.value", 16, 16),
            ("attention.output.dense", 16, 16),
            ("intermediate.dense", 32, 16),
            ("output.dense", 16, 32),
        ] {
            shapes.push((format!("encoder.layer.{layer}.{part}.weight"), vec![out, from]));
            shapes.push((format!("encoder.layer.{layer}.{part}.bias"), vec![out]));
        }
        for part in ["attention.output.LayerNorm", "output.LayerNorm"] {
            shapes.push((format!("encoder.layer.{layer}.{part}.weight"), vec![16]));
            shapes.push((format!("encoder.layer.{layer}.{part}.bias"), vec![16]));
        }
    }
    shapes.into_iter().map(|(name, dims)| (name.clone(), tensor(&name, &dims))).collect()
}

/// A folder with a BERT of two layers.
pub(crate) fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("config.json"), CONFIG).expect("written");
    std::fs::write(dir.path().join("vocab.txt"), WORDS).expect("written");
    candle_core::safetensors::save(&tensors(), dir.path().join("model.safetensors")).expect("written");
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
