use super::*;
use crate::domain::calendar::{MealWindow, NextMeal};
use crate::domain::evidence::Flaw;
use crate::domain::health::Trouble;
use crate::domain::money::Fen;
use crate::domain::subsidy::NoAward;
use crate::domain::visit::Prompt;
use crate::kiosk::act::{Done, Refusal};
use std::collections::BTreeSet;

/// Widest title that fits on two lines of the narrowest screen; a Chinese character is two wide.
const TITLE_WIDTH_MAX: usize = 32;

const LANGUAGES: [Language; 2] = [Language::Zh, Language::En];

const FLAWS: [Flaw; 8] = [
    Flaw::TooFar,
    Flaw::CutOff,
    Flaw::TooDark,
    Flaw::TooBright,
    Flaw::Backlit,
    Flaw::Blurred,
    Flaw::TurnedAway,
    Flaw::Covered,
];

fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// The places in braces of a text.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn both_languages_have_the_same_places_in_each_text() {
    for ((name, zh), (_, en)) in zh::LABELS.all().zip(en::LABELS.all()) {
        assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{name}");
        assert_eq!(places(zh), places(en), "{name}");
    }
}

#[test]
fn each_fixed_text_stands_somewhere_on_the_page() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kiosk/assets");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let page: String = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let words: BTreeSet<&str> =
        page.split(|c: char| !c.is_ascii_alphanumeric() && !"_.{".contains(c)).collect();
    for (name, _) in labels(Language::Zh).all() {
        // In a template string it follows the brace.
        let used =
            ["say.", "{say."].iter().any(|way| words.contains((way.to_string() + name).as_str()));
        assert!(used || words.contains(format!("{{{{{name}").as_str()), "{name}");
    }
}

#[test]
fn every_scene_of_the_elder_is_short_enough_for_very_large_type() {
    let next =
        NextMeal { window: MealWindow::Supper, from: "16:30".parse().unwrap(), tomorrow: false };
    for language in LANGUAGES {
        let say = of(language);
        let mut scenes = vec![say.ask_staff(), say.closed(next), say.again(None)];
        scenes.push(say.out_of_order());
        scenes.extend(FLAWS.map(|flaw| say.prompt(Prompt::Mend(flaw))));
        scenes.extend([Prompt::Welcome, Prompt::Wait, Prompt::OneAtATime].map(|p| say.prompt(p)));
        scenes.extend(NoAward::ALL.iter().map(|reason| say.welcome("欧阳爷爷", *reason)));
        scenes.push(say.served("欧阳爷爷", Fen::new(400)));
        for lines in scenes {
            let title = width(&lines.title);
            assert!((1..=TITLE_WIDTH_MAX).contains(&title), "{title}: {}", lines.title);
            assert!(lines.detail.as_deref() != Some(""), "{}", lines.title);
        }
    }
}

#[test]
fn a_served_elder_reads_and_hears_what_was_given() {
    let zh = of(Language::Zh).served("王奶奶", Fen::new(400));
    assert_eq!((zh.title.as_str(), zh.detail.as_deref()), ("王奶奶，您好", Some("今天第一餐")));
    assert_eq!(zh.speech.as_deref(), Some("王奶奶，您好，今天第一餐，补贴 4 元"));
    let en = of(Language::En).served("王奶奶", Fen::new(250));
    assert_eq!(
        en.speech.as_deref(),
        Some("Hello, 王奶奶, Your first meal today, 2.50 yuan subsidy")
    );
}

#[test]
fn nobody_is_told_in_public_that_they_are_unknown_dead_moved_or_cared_for() {
    for language in LANGUAGES {
        let say = of(language);
        let neutral = say.welcome("王奶奶", NoAward::NotEligible);
        for reason in [NoAward::Deceased, NoAward::Moved, NoAward::NoRules, NoAward::HomeCare] {
            assert_eq!(say.welcome("王奶奶", reason), neutral);
        }
        let public = say.ask_staff();
        for doubt in ["认不出", "真人", "相似", "recogni", "live", "doubt"] {
            assert!(
                !public.title.contains(doubt) && !public.detail.iter().any(|d| d.contains(doubt))
            );
        }
    }
}

#[test]
fn each_outcome_has_a_sentence_of_its_own() {
    for language in LANGUAGES {
        let say = of(language);
        let done: BTreeSet<_> = Done::ALL.iter().map(|d| say.done(*d)).collect();
        assert_eq!(done.len(), Done::ALL.len());
        let refused: BTreeSet<_> = Refusal::ALL.iter().map(|r| say.refusal(*r)).collect();
        let troubles: BTreeSet<_> = Trouble::ALL.iter().map(|t| say.trouble(*t)).collect();
        assert_eq!(troubles.len(), Trouble::ALL.len());
        assert!(Trouble::ALL.iter().all(|t| !say.remedy(*t).is_empty()));
        assert!(refused.len() + 1 >= Refusal::ALL.len(), "only meals recorded twice share theirs");
    }
}
