use std::path::PathBuf;

use super::*;

const NAMES: [&str; 2] = ["analysis.model", "analysis.encoder_dir"];

fn refused(folder: &Path) -> String {
    let error = reading(None, Some(folder), NAMES).expect_err("no encoder");
    format!("{error:#}")
}

#[test]
fn a_folder_without_an_encoder_is_refused_by_the_name_of_the_setting() {
    let dir = tempfile::tempdir().expect("a folder");
    let said = refused(dir.path());
    let want = if cfg!(feature = "encoder") { "config.json" } else { "built without the feature `encoder`" };
    assert!(said.starts_with("analysis.encoder_dir: ") && said.contains(want), "{said}");
    let error = reading(Some(&PathBuf::from("nowhere.model")), None, NAMES).expect_err("no model");
    assert!(format!("{error:#}").starts_with("analysis.model: the model nowhere.model: "), "{error:#}");
}

#[test]
fn without_a_folder_the_word_vectors_and_the_model_speak() {
    let plain = reading(None, None, NAMES).expect("what ships");
    assert_eq!(plain.reader.engine(), Reader::shipped().engine());
    assert_eq!(*plain.embedder.space(), *WordVectors::default().space());
    assert!(!plain.embedder.is_slow());
}

#[cfg(feature = "encoder")]
mod with_encoder {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::analysis::head::learn::{For, learn};
    use crate::analysis::model::learn::Settings;
    use crate::analysis::model::texts;
    use crate::encoder::tests::{folder, folder_of};

    const TEXTS: &str = "text,language,sentiment\nrefund received,en,positive\nrefund not received!,en,negative\n\
        refund,en,neutral\nreceived,en,positive\nnot refunds,en,negative\nrefunds,en,neutral\n";

    /// A head for the encoder in a folder, as bytes.
    fn head(folder: &Path) -> Vec<u8> {
        let encoder = crate::encoder::Encoder::open(folder).expect("an encoder");
        let embedder = crate::flow::encoded::Encoded::new(encoder);
        let (version, width) = (embedder.encoder().version(), embedder.encoder().width());
        let encoder = For { embedder: &embedder, version, width, threads: NonZeroUsize::MIN };
        let texts = texts::read(TEXTS.as_bytes(), 0, 1.0).expect("texts");
        let settings = Settings { passes: 1, ..Settings::default() };
        learn(&texts, encoder, settings, &mut |_| ()).expect("learned").head.to_bytes()
    }

    #[test]
    fn an_encoder_speaks_of_themes_alone_until_its_folder_has_a_head() {
        let dir = folder();
        let plain = reading(None, Some(dir.path()), NAMES).expect("an encoder");
        assert!(plain.embedder.is_slow() && plain.embedder.space().made_by.starts_with("hearback-themes/1 encoder-"));
        assert_eq!(plain.reader.engine(), Reader::shipped().engine());
        let bytes = head(dir.path());
        assert_eq!(bytes, head(dir.path()), "the same every time");
        std::fs::write(dir.path().join(HEAD), &bytes).expect("written");
        let both = reading(None, Some(dir.path()), NAMES).expect("an encoder with a head");
        let version = both.embedder.space().made_by.trim_start_matches("hearback-themes/1 ").to_owned();
        let engine = both.reader.annotate(Some("refund not received"), None, Some("en")).engine;
        assert!(engine.starts_with(plain.reader.engine()) && engine.contains(&version), "{engine}");
        assert!(engine.contains(" head-"), "{engine}");
    }

    #[test]
    fn a_head_of_another_encoder_is_refused_by_file() {
        let (dir, other, wide) = (folder(), folder_of(16, 1), folder_of(24, 1));
        let refused_with = |bytes: &[u8]| {
            std::fs::write(dir.path().join(HEAD), bytes).expect("written");
            refused(dir.path())
        };
        let good = head(dir.path());
        for (bytes, want) in [
            (head(other.path()), "it was made for encoder-"),
            (head(wide.path()), "it weighs 24 numbers, and the encoder gives 16"),
            (good[..good.len() - 1].to_vec(), "cut or damaged"),
            (b"x".to_vec(), "no head of hearback's"),
        ] {
            let said = refused_with(&bytes);
            let named = said.starts_with("analysis.encoder_dir: ") && said.contains(HEAD);
            assert!(named && said.contains(want), "{said}");
        }
    }

    #[test]
    fn statements_of_two_encoders_are_never_in_one_space() {
        let (one, two) = (folder(), folder_of(16, 1));
        let space = |dir: &Path| reading(None, Some(dir), NAMES).expect("an encoder").embedder.space().clone();
        assert_eq!(space(one.path()), space(one.path()));
        assert_ne!(space(one.path()).made_by, space(two.path()).made_by);
    }
}
