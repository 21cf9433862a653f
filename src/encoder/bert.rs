//! The network of a BERT (Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>), for texts of one length at a time.

use std::collections::HashMap;

use candle_core::{D, DType, Device, Result, Tensor, bail};
use serde::Deserialize;

/// What `config.json` says of the network.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Shape {
    pub vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    hidden_act: String,
    layer_norm_eps: f64,
    #[serde(default = "bert")]
    model_type: String,
}

fn bert() -> String {
    "bert".into()
}

impl Shape {
    /// Whether this file can do it.
    pub fn check(&self) -> std::result::Result<(), String> {
        if self.model_type != "bert" {
            return Err(format!("model_type {:?}: only \"bert\" is understood", self.model_type));
        }
        if self.hidden_act != "gelu" {
            return Err(format!("hidden_act {:?}: only \"gelu\" is understood", self.hidden_act));
        }
        if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err("hidden_size is no multiple of num_attention_heads".into());
        }
        if self.max_position_embeddings < 3 {
            return Err("max_position_embeddings is below 3".into());
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Linear {
    /// Turned round, so that rows go in from the left.
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn run(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, length, width) = x.dims3()?;
        let y = x.reshape((batch * length, width))?.matmul(&self.weight)?.broadcast_add(&self.bias)?;
        y.reshape((batch, length, ()))
    }
}

#[derive(Debug)]
struct Norm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl Norm {
    fn run(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let spread = (x.sqr()?.mean_keepdim(D::Minus1)? + self.eps)?.sqrt()?;
        x.broadcast_div(&spread)?.broadcast_mul(&self.weight)?.broadcast_add(&self.bias)
    }
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    joined: Linear,
    joined_norm: Norm,
    inner: Linear,
    outer: Linear,
    outer_norm: Norm,
}

impl Layer {
    fn run(&self, x: &Tensor, heads: usize) -> Result<Tensor> {
        let (batch, length, width) = x.dims3()?;
        let by_head = |t: Tensor| t.reshape((batch, length, heads, width / heads))?.transpose(1, 2)?.contiguous();
        let (q, k, v) = (by_head(self.query.run(x)?)?, by_head(self.key.run(x)?)?, by_head(self.value.run(x)?)?);
        let scores = (q.matmul(&k.t()?.contiguous()?)? / ((width / heads) as f64).sqrt())?;
        let powers = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let shares = powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)?;
        let seen = shares.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((batch, length, width))?;
        let x = self.joined_norm.run(&(x + self.joined.run(&seen)?)?)?;
        let inner = self.inner.run(&x)?.gelu_erf()?;
        self.outer_norm.run(&(&x + self.outer.run(&inner)?)?)
    }
}

/// A network that can be run.
#[derive(Debug)]
pub(super) struct Bert {
    words: Tensor,
    places: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
    shape: Shape,
}

impl Bert {
    /// Takes what it needs of the tensors and looks at their sizes.
    pub fn new(shape: Shape, tensors: HashMap<String, Tensor>) -> Result<Self> {
        let parts = Parts { tensors, eps: shape.layer_norm_eps };
        let (width, inner) = (shape.hidden_size, shape.intermediate_size);
        // All texts are first sentences: that mark is the same for every word.
        let kind = parts.get("embeddings.token_type_embeddings.weight", None)?.get(0)?;
        let words = parts.get("embeddings.word_embeddings.weight", Some(&[shape.vocab_size, width]))?;
        let places =
            parts.get("embeddings.position_embeddings.weight", Some(&[shape.max_position_embeddings, width]))?;
        let layer = |i: usize| -> Result<Layer> {
            let name = |part: &str| format!("encoder.layer.{i}.{part}");
            Ok(Layer {
                query: parts.linear(&name("attention.self.query"), width, width)?,
                key: parts.linear(&name("attention.self.key"), width, width)?,
                value: parts.linear(&name("attention.self.value"), width, width)?,
                joined: parts.linear(&name("attention.output.dense"), width, width)?,
                joined_norm: parts.norm(&name("attention.output.LayerNorm"), width)?,
                inner: parts.linear(&name("intermediate.dense"), width, inner)?,
                outer: parts.linear(&name("output.dense"), inner, width)?,
                outer_norm: parts.norm(&name("output.LayerNorm"), width)?,
            })
        };
        Ok(Self {
            words: words.broadcast_add(&kind)?,
            places,
            norm: parts.norm("embeddings.LayerNorm", width)?,
            layers: (0..shape.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            shape,
        })
    }

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        self.shape.hidden_size
    }

    /// Pieces in the longest text.
    pub fn longest(&self) -> usize {
        self.shape.max_position_embeddings
    }

    /// The mean over the pieces of each of `batch` texts of `length` pieces, which stand one after another.
    pub fn means(&self, pieces: Vec<u32>, batch: usize, length: usize) -> Result<Vec<Vec<f32>>> {
        let pieces = Tensor::from_vec(pieces, batch * length, &Device::Cpu)?;
        let words = self.words.index_select(&pieces, 0)?.reshape((batch, length, self.width()))?;
        let mut x = self.norm.run(&words.broadcast_add(&self.places.narrow(0, 0, length)?)?)?;
        for layer in &self.layers {
            x = layer.run(&x, self.shape.num_attention_heads)?;
        }
        x.mean(1)?.to_vec2()
    }
}

/// The tensors of a file, by name.
struct Parts {
    tensors: HashMap<String, Tensor>,
    eps: f64,
}

impl Parts {
    fn get(&self, name: &str, dims: Option<&[usize]>) -> Result<Tensor> {
        let found = self.tensors.get(name).or_else(|| self.tensors.get(&format!("bert.{name}")));
        let Some(tensor) = found else { bail!("no tensor {name}: expected the weights of a BERT") };
        if let Some(dims) = dims
            && tensor.dims() != dims
        {
            bail!("{name} is {:?}, but config.json makes it {dims:?}", tensor.dims());
        }
        tensor.to_dtype(DType::F32)
    }

    fn linear(&self, name: &str, from: usize, to: usize) -> Result<Linear> {
        let weight = self.get(&format!("{name}.weight"), Some(&[to, from]))?.t()?.contiguous()?;
        Ok(Linear { weight, bias: self.get(&format!("{name}.bias"), Some(&[to]))? })
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm> {
        let part = |part: &str| self.get(&format!("{name}.{part}"), Some(&[width]));
        Ok(Norm { weight: part("weight")?, bias: part("bias")?, eps: self.eps })
    }
}
