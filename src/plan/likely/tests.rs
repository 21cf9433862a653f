use super::*;

/// The labelled pairs.
const PAIRS: &str = include_str!("pairs.txt");

struct Block {
    name: &'static str,
    said: Vec<(&'static str, &'static str)>,
    same: Vec<usize>,
    near: Vec<usize>,
}

const NOW: UnixMs = UnixMs(1_800_000_000_000);

fn issue(number: usize, title: &str, text: &str) -> Listed {
    Listed {
        key: number.to_string(),
        url: format!("https://github.test/acme/shop/issues/{number}"),
        title: title.into(),
        text: text.into(),
        labels: Vec::new(),
        open: true,
        updated_at: NOW,
    }
}

/// The themes, and all issues as those of one repository.
fn pairs() -> (Vec<Block>, Vec<Listed>) {
    let (mut blocks, mut issues): (Vec<Block>, Vec<Listed>) = (Vec::new(), Vec::new());
    for line in PAIRS.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if let Some(name) = line.strip_prefix("theme: ") {
            blocks.push(Block { name, said: Vec::new(), same: Vec::new(), near: Vec::new() });
            continue;
        }
        let block = blocks.last_mut().expect("a theme first");
        if let Some(said) = line.strip_prefix("said: ") {
            block.said.push((said, crate::analysis::language_of(said)));
            continue;
        }
        let (sign, rest) = line.split_at(2);
        let (title, text) = rest.split_once(" | ").expect("a title and a text");
        let labelled = if sign == "= " { &mut block.same } else { &mut block.near };
        labelled.push(issues.len());
        issues.push(issue(issues.len(), title, text));
    }
    (blocks, issues)
}

/// What linking and mentioning come to over some of the blocks.
#[derive(Debug, Default)]
struct Measured {
    linked: usize,
    rightly: usize,
    mentioned_same: usize,
    mentioned: usize,
    themes: usize,
    pairs: usize,
    pairs_called: usize,
    pairs_right: usize,
}

fn measure(which: usize) -> Measured {
    let (blocks, issues) = pairs();
    let mut m = Measured::default();
    for block in blocks.iter().skip(which).step_by(2) {
        let about = About { name: block.name, samples: &block.said, intent: None };
        let ranked = rank(&about, &issues, NOW);
        let is_same = |key: &str| block.same.iter().any(|i| issues[*i].key == key);
        m.themes += 1;
        m.pairs += block.same.len() + block.near.len();
        for i in block.same.iter().chain(&block.near) {
            let score = ranked.iter().find(|l| l.issue.key == issues[*i].key).map_or(0.0, |l| l.score);
            m.pairs_called += usize::from(score >= LINKS_FROM);
            m.pairs_right += usize::from(score >= LINKS_FROM && is_same(&issues[*i].key));
        }
        match choose(Existing::Link, &ranked) {
            Choice::Link(to) => {
                m.linked += 1;
                m.rightly += usize::from(is_same(&to.key));
            }
            Choice::Mention(_) => {}
        }
        if let Choice::Mention(named) = choose(Existing::Mention, &ranked) {
            m.mentioned += named.len();
            m.mentioned_same += usize::from(named.iter().any(|n| is_same(&n.key)));
        }
    }
    m
}

#[test]
fn what_is_linked_says_the_same_nine_times_in_ten() {
    for half in [0, 1] {
        let m = measure(half);
        assert!(m.pairs >= 30, "{m:?}");
        assert!(m.rightly * 10 >= m.linked * 9, "linked among all issues: {m:?}");
        assert!(m.pairs_right * 10 >= m.pairs_called * 9, "called the same among the labelled pairs: {m:?}");
        // So that it does not hold because nothing is ever linked, nor mentioned.
        assert!(m.linked * 5 >= m.themes * 2, "{m:?}");
        assert!(m.mentioned_same * 3 >= m.themes * 2, "{m:?}");
        assert!(m.mentioned <= m.themes * 2, "a mention is worth a look: {m:?}");
    }
}

#[test]
fn the_setting_decides_and_of_two_it_is_not_known_which() {
    let issues = [issue(1, "a", ""), issue(2, "b", ""), issue(3, "c", ""), issue(4, "d", ""), issue(5, "e", "")];
    let ranked = |scores: &[f64]| -> Vec<Likely<'_>> {
        scores.iter().zip(&issues).map(|(score, issue)| Likely { issue, score: *score }).collect()
    };
    let told = |existing, scores: &[f64]| match choose(existing, &ranked(scores)) {
        Choice::Link(to) => format!("link {}", to.key),
        Choice::Mention(named) => named.iter().map(|n| n.key.as_str()).collect::<Vec<_>>().join(" "),
    };
    for (existing, scores, wanted) in [
        (Existing::Off, &[0.9][..], ""),
        (Existing::Mention, &[0.9, 0.5, 0.45, 0.44, 0.1], "1 2 3"),
        (Existing::Mention, &[0.41], ""),
        (Existing::Mention, &[], ""),
        (Existing::Link, &[0.9, 0.5], "link 1"),
        (Existing::Link, &[0.9, 0.89], "1 2"),
        (Existing::Link, &[0.61, 0.1], "1"),
        (Existing::Link, &[], ""),
    ] {
        assert_eq!(told(existing, scores), wanted, "{existing:?} {scores:?}");
    }
}

#[test]
fn labels_and_age_weigh_in() {
    let about = |intent| About { name: "checkout crashes", samples: &[("the checkout crashes", "en")], intent };
    let labelled = |label: &str| Listed { labels: vec![label.into()], ..issue(1, "Checkout crashes", "") };
    let old =
        |days: i64, open| Listed { open, updated_at: NOW.plus(-days * DAY_MS), ..issue(2, "Checkout crashes", "") };
    let score =
        |listed: &Listed, intent| rank(&about(intent), std::slice::from_ref(listed), NOW).first().map(|l| l.score);
    let plain = score(&issue(1, "Checkout crashes", ""), Some(Intent::Bug));
    assert!(score(&labelled("type: Bug"), Some(Intent::Bug)) >= plain);
    assert!(score(&labelled("enhancement"), Some(Intent::Bug)) < plain);
    assert!(score(&old(200, true), Some(Intent::Bug)) < plain);
    assert!(score(&old(1, false), Some(Intent::Bug)) < plain);
    assert_eq!(score(&old(91, false), Some(Intent::Bug)), None, "closed long ago");
    assert_eq!(score(&issue(3, "", ""), None), Some(0.0));
}
