use super::*;
use proptest::prelude::*;

const MODEL: ModelId = ModelId([7; 32]);

fn id(n: usize) -> ElderId {
    ElderId::new(&format!("p_{n}")).unwrap()
}

fn gallery(people: &[Vec<Template>]) -> Gallery {
    let ids: Vec<_> = (0..people.len()).map(id).collect();
    Gallery::new(MODEL, ids.iter().zip(people.iter().map(Vec::as_slice))).unwrap()
}

fn template(values: &[f32]) -> Template {
    Template::new(MODEL, values).unwrap()
}

#[test]
fn an_empty_gallery_finds_nobody() {
    assert_eq!(gallery(&[]).search(&template(&[1.0, 0.0])), None);
    assert_eq!(gallery(&[vec![]]).elders(), 0);
}

#[test]
fn a_gallery_of_one_has_no_runner_up() {
    let found = gallery(&[vec![template(&[1.0, 0.0]), template(&[0.0, 1.0])]])
        .search(&template(&[0.0, 2.0]))
        .unwrap();
    assert_eq!(found.best, Candidate { elder: 0, score: 1.0 });
    assert_eq!(found.runner_up, None);
}

#[test]
fn twins_are_best_and_runner_up_with_equal_scores() {
    let twin = vec![template(&[0.6, 0.8])];
    let found = gallery(&[twin.clone(), twin]).search(&template(&[0.6, 0.8])).unwrap();
    assert_eq!(found.best.score, found.runner_up.unwrap().score);
    assert_ne!(found.best.elder, found.runner_up.unwrap().elder);
}

#[test]
fn a_template_of_another_model_is_refused_and_not_compared() {
    let other = Template::new(ModelId([8; 32]), &[1.0, 0.0]).unwrap();
    let elder = id(1);
    let made = Gallery::new(MODEL, [(&elder, [other.clone()].as_slice())]);
    assert_eq!(made.unwrap_err(), GalleryError::OtherModel(id(1)));
    assert_eq!(gallery(&[vec![template(&[1.0, 0.0])]]).search(&other), None);
}

#[test]
fn an_elder_listed_twice_is_refused() {
    let (elder, own) = (id(1), [template(&[1.0, 0.0])]);
    let made = Gallery::new(MODEL, [(&elder, own.as_slice()), (&elder, own.as_slice())]);
    assert_eq!(made.unwrap_err(), GalleryError::Twice(id(1)));
}

/// What the gallery must agree with: every template of every elder, in the plainest way.
fn exhaustive(people: &[Vec<Template>], probes: &[Template], but: Option<usize>) -> Vec<Candidate> {
    let best = |own: &[Template]| {
        let scores = own.iter().flat_map(|t| probes.iter().filter_map(|p| t.cosine(p)));
        scores.fold(f32::MIN, f32::max)
    };
    let others = people.iter().enumerate().filter(|(elder, _)| Some(*elder) != but);
    let mut all: Vec<_> =
        others.map(|(elder, own)| Candidate { elder, score: best(own) }).collect();
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    all
}

/// People in a few clusters, so that many scores lie close together, some of them twins; more
/// dimensions than one vector register, and not a multiple of it.
fn crowd() -> impl Strategy<Value = Vec<Vec<Template>>> {
    let noise = prop::collection::vec(-1f32..1.0, 19);
    let person = prop::collection::vec((0usize..3, 0f32..0.6, noise), 1..4);
    prop::collection::vec((person, any::<bool>()), 1..90).prop_map(|people| {
        let mut crowd: Vec<Vec<Template>> = vec![];
        for (templates, twin) in people {
            let made = templates.into_iter().map(|(cluster, spread, mut values)| {
                values.iter_mut().for_each(|v| *v *= spread);
                values[cluster] += 1.0;
                template(&values)
            });
            let twin = crowd.last().filter(|_| twin).cloned();
            crowd.push(twin.unwrap_or_else(|| made.collect()));
        }
        crowd
    })
}

#[test]
fn more_elders_than_there_are_or_none_can_be_asked_for() {
    let gallery = gallery(&[vec![template(&[1.0, 0.0])]]);
    assert_eq!(gallery.nearest(&template(&[1.0, 0.0]), 5).len(), 1);
    assert_eq!(gallery.nearest(&template(&[1.0, 0.0]), 0), []);
    assert_eq!(gallery.neighbours(0..1, 3), [[]]);
    assert_eq!(gallery.neighbours(1..1, 3), Vec::<Vec<Candidate>>::new());
}

#[test]
fn the_templates_of_a_hundred_thousand_elders_take_less_than_260_megabytes() {
    let (elders, dimensions) = (1000, 512);
    let one = Template::new(MODEL, &vec![1.0; dimensions]).unwrap();
    let bytes = gallery(&vec![vec![one]; elders]).bytes();
    assert!(bytes * 100 <= 260_000_000, "{bytes} bytes for {elders}");
    assert!(bytes >= elders * dimensions * 5);
}

proptest! {
    #[test]
    fn search_is_the_exhaustive_search(people in crowd(), of in any::<prop::sample::Index>()) {
        let gallery = gallery(&people);
        let probe = &people[of.index(people.len())][0];
        let expected = exhaustive(&people, std::slice::from_ref(probe), None);
        prop_assert_eq!(gallery.nearest(probe, people.len()), expected.clone());
        let found = gallery.search(probe).unwrap();
        prop_assert_eq!(found.best, expected[0]);
        prop_assert_eq!(found.runner_up, expected.get(1).copied());
    }

    #[test]
    fn neighbours_are_those_of_the_exhaustive_search(people in crowd(), cut in 0usize..90) {
        let gallery = gallery(&people);
        let cut = cut.min(people.len());
        let mut found = gallery.neighbours(0..cut, 3);
        found.extend(gallery.neighbours(cut..people.len(), 3));
        for (elder, near) in found.iter().enumerate() {
            let expected = exhaustive(&people, &people[elder], Some(elder));
            let scores = |list: &[Candidate]| list.iter().map(|c| c.score).collect::<Vec<_>>();
            let kept = expected.len().min(3);
            prop_assert_eq!(scores(near), scores(&expected[..kept]));
            // Each is the score of the elder it names, whichever of two equal ones comes first.
            prop_assert!(near.iter().all(|c| expected.contains(c)));
        }
    }
}
