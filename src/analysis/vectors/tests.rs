use proptest::prelude::*;

use super::file::WEIGHT_MAX;
use super::*;

fn near(a: &str, b: &str) -> f32 {
    nearness(&sentence([a]).expect(a), &sentence([b]).expect(b))
}

#[test]
fn what_means_the_same_is_nearer_than_what_does_not() {
    for (text, same, other) in [
        ("refund not received", "where is my money back", "the app crashes"),
        ("i forgot my password", "cannot log in to my account", "my card was charged twice"),
        ("the app crashes on start", "it freezes when i open it", "please add a dark mode"),
        ("delivery is late", "my parcel has not arrived", "the colours are ugly"),
        ("too expensive", "the price went up", "the screen is black"),
        ("battery drains quickly", "uses too much power", "i want an invoice"),
        ("export to excel", "download the report as a spreadsheet", "support was friendly"),
        ("notifications do not come", "no alerts on my phone", "the checkout takes too long"),
    ] {
        assert!(near(text, same) > near(text, other) + 0.1, "{text}: {} {}", near(text, same), near(text, other));
    }
}

#[test]
fn a_word_is_read_by_its_pieces_and_without_accents() {
    assert_eq!(sentence(["Café"]), sentence(["cafe"]));
    assert_eq!(sentence(["don't"]), sentence(["don", "t"]));
    assert_eq!(sentence(["refund refund"]), sentence(["refund"]));
    assert!(near("rebooking", "book again") > near("rebooking", "the weather is nice"));
    assert!(sentence(["zqxwvk"]).is_some());
}

#[test]
fn nothing_known_has_no_vector() {
    for text in ["", "  ", "?!…", "👍👍", "\u{301}\u{301}"] {
        assert_eq!(sentence([text]), None, "{text:?}");
    }
    assert_eq!(sentence([]), None);
}

#[test]
fn every_machine_finds_the_same_numbers() {
    let vector = sentence(["my refund has not arrived yet"]).expect("words");
    let numbers: Vec<String> = vector[..4].iter().map(f32::to_string).collect();
    insta::assert_snapshot!(numbers.join(" "), @"0.259469 0.13108613 0.12557854 0.1289213");
}

#[test]
fn a_table_is_written_as_it_was_read() {
    let pieces: Vec<(String, u16, [i8; DIM])> = (0..300_u16)
        .map(|i| (format!("{}p{i}", if i % 3 == 0 { "##" } else { "" }), i, [(i % 100) as i8 - 50; DIM]))
        .collect();
    let bytes = Table::write(&[0.01; DIM], &pieces).expect("a file");
    let table = Table::from_bytes(bytes.into()).expect("a table");
    for (row, (piece, weight, numbers)) in (0..).zip(&pieces) {
        assert_eq!(table.find(pieces::hash_of(piece)), Some(row), "{piece}");
        let (read, bytes) = table.row(row).expect("a row");
        assert_eq!((read, bytes.map(u8::cast_signed)), (*weight, *numbers), "{piece}");
    }
    assert_eq!(table.find(pieces::hash_of("p300")), None);
    assert_eq!(table.row(300), None);
}

#[test]
fn what_is_no_file_is_refused_by_name() {
    let good = Table::write(&[0.0; DIM], &[("a".into(), 1, [1; DIM])]).expect("a file");
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let longer = [&good[..], &[0]].concat();
    for (bytes, want) in [
        (Vec::new(), FileError::NoTable),
        (with(0, b'X'), FileError::NoTable),
        (good[..9].to_vec(), FileError::Damaged),
        (with(4, 9), FileError::OtherFormat),
        (with(12, 8), FileError::OtherFormat),
        (with(8, 2), FileError::Damaged),
        (with(16, 3), FileError::Damaged),
        (with(16, 4), FileError::Damaged),
        (with(23, 0x7f), FileError::Damaged),
        (with(good.len() - 257, 0xff), FileError::Damaged),
        (good[..good.len() - 1].to_vec(), FileError::Damaged),
        (longer, FileError::Damaged),
    ] {
        assert_eq!(Table::from_bytes(bytes.clone().into()), Err(want), "{} bytes", bytes.len());
    }
    // Both slots taken: a search would not end.
    let at = 20 + DIM * 4;
    let full: Vec<u8> = [&good[..at], &[1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0], &good[at + 16..]].concat();
    assert_eq!(Table::from_bytes(full.into()), Err(FileError::Damaged));
    let twice = [("a".into(), 1, [1; DIM]), ("a".into(), 1, [1; DIM])];
    assert_eq!(Table::write(&[0.0; DIM], &twice), Err(FileError::Pieces));
    let heavy = [("a".into(), WEIGHT_MAX + 1, [1; DIM])];
    assert_eq!(Table::write(&[0.0; DIM], &heavy), Err(FileError::Damaged));
}

#[test]
fn long_texts_are_read_in_bounds() {
    let heaviest: Vec<_> = (0..3_000_u32)
        .filter_map(|i| char::from_u32(0x4e00 + i))
        .map(|c| (c.to_string(), WEIGHT_MAX, [127; DIM]))
        .collect();
    let table = Table::from_bytes(Table::write(&[0.0; DIM], &heaviest).expect("a file").into()).expect("a table");
    let all: String = heaviest.iter().flat_map(|(c, ..)| [c, " "]).collect();
    assert!(table.sentence([all.as_str()]).is_some());
    for text in ["a".repeat(1 << 20), "é".repeat(1 << 19), "a\u{301}".repeat(1 << 18), "ab ".repeat(1 << 18)] {
        assert!(sentence([text.as_str()]).is_some());
    }
}

proptest! {
    #[test]
    fn any_text_is_one_long_or_nothing(text in any::<String>()) {
        if let Some(vector) = sentence([text.as_str()]) {
            prop_assert!((nearness(&vector, &vector) - 1.0).abs() < 1e-5);
            let packed = pack(&vector);
            prop_assert!(packed_nearness(&packed, &packed) <= 1.05);
        }
    }

    #[test]
    fn the_order_of_words_does_not_matter(words in proptest::collection::vec("[a-zé0-9]{1,12}", 1..12)) {
        let forwards = sentence(words.iter().map(String::as_str));
        prop_assert_eq!(forwards, sentence(words.iter().rev().map(String::as_str)));
        prop_assert_eq!(forwards, sentence([words.join(" ").as_str()]));
    }

    #[test]
    fn any_bytes_are_a_table_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = Table::from_bytes([&b"HBVT"[..], &bytes].concat().into());
    }
}
