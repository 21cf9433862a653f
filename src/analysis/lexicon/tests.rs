use super::*;

#[test]
fn every_line_of_every_file_says_something() {
    for (language, files) in LANGUAGES.iter().zip(SOURCES) {
        let mut count = 0;
        for line in files.iter().flat_map(|f| f.lines()).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            count += 1;
            let (phrase, said) = line.split_once('\t').unwrap_or((line, ""));
            let mut entry = Entry::default();
            said.split('\t').for_each(|field| entry.learn(field));
            assert!(entry != Entry::default() || *language == "en", "{language}: {phrase:?} says nothing");
            assert!((1..=PHRASE_MAX).contains(&Words::read(phrase).all.len()), "{language}: {phrase:?}");
            assert_eq!(phrase, phrase.to_lowercase(), "{language}");
            assert!(entry.feel.abs() <= 4.0, "{language}: {phrase:?}");
        }
        assert!(count > 100, "{language}: {count}");
    }
}

#[test]
fn words_are_known_without_their_marks_too() {
    let french = Lexicon::of("fr").expect("there is a French file");
    assert!(french.get("genial").is_some_and(|e| e.feel > 0.0));
    assert!(french.is_stop("a") && french.is_stop("l'"));
    let german = Lexicon::of("de").expect("there is a German file");
    for form in ["großartig", "grossartig", "überflüssig", "ueberfluessig", "uberflussig"] {
        assert!(german.get(form).is_some_and(|e| e.feel != 0.0), "{form}");
    }
}

#[test]
fn a_word_is_known_in_its_forms() {
    let english = Lexicon::of("en").expect("there is an English file");
    for form in ["crash", "crashes", "crashed", "crashing", "craash"] {
        assert!(english.get(form).is_some_and(|e| e.feel < 0.0), "{form}");
    }
    assert!(english.get("zzyzx").is_none());
    assert!(Lexicon::of("xx").is_none());
}

#[test]
fn accents_may_be_left_out_but_tell_words_apart() {
    let spanish = Lexicon::of("es").expect("there is a Spanish file");
    for (written, left_out) in [("pésimo", "pesimo"), ("contraseña", "contrasena"), ("rápida", "rapida")] {
        let entry = spanish.get(written);
        assert!(entry.is_some() && entry == spanish.get(left_out), "{written}");
    }
    assert_ne!(spanish.get("cómo"), spanish.get("como"), "one asks, the other compares");
}

#[test]
fn the_longest_phrase_is_taken() {
    let words = Words::read("it is not bad at all");
    let english = Lexicon::of("en").expect("there is an English file");
    assert!(english.find(&words).iter().any(|f| f.count == 2 && f.entry.feel > 0.0), "not bad is praise");
}

#[test]
fn speakers_are_those_whose_files_know_a_word() {
    let mut speakers: ByHash<u16> = ByHash::default();
    for (i, file) in (0..LANGUAGES.len()).filter_map(|i| Some((i, file(i)?))) {
        for (hash, node) in &file.nodes {
            let lent = node.entry.and_then(|at| file.entries.get(at as usize)).is_none_or(|e| e.lent);
            if node.single && !lent {
                *speakers.entry(*hash).or_default() |= 1 << i;
            }
        }
    }
    assert!(*SPEAKERS == speakers, "{} words, not {}", SPEAKERS.len(), speakers.len());
}
