//! Staff search the roster: by name, by initials, by the last four digits, and what fits thousands.

use canteend::domain::calendar::Date;
use canteend::domain::elder::{Consent, Elder, ElderId, IdLast4, Sex};
use canteend::kiosk::directory::Directory;
use std::time::Instant;

const SURNAMES: [char; 12] =
    ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴', '单', '曾'];
const GIVEN: [char; 16] = [
    '秀', '英', '建', '国', '明', '华', '玉', '兰', '桂', '芳', '志', '强', '淑', '珍', '德', '福',
];

fn elder(n: usize) -> Elder {
    let pick = |list: &[char], by: usize| list[n / by % list.len()];
    Elder {
        id: ElderId::new(&format!("p_{n}")).expect("letters and digits"),
        name: [pick(&SURNAMES, 1), pick(&GIVEN, 12), pick(&GIVEN, 192)].iter().collect(),
        sex: Sex::Female,
        birth: Date::constant(1943, 5, 2),
        id_last4: IdLast4::new(&format!("{:04}", n % 10_000)),
        eligible: vec![],
        home_care: vec![],
        notices: vec![],
        consent: Consent { store_face: false, transmit: false },
    }
}

fn main() {
    let small = std::env::args().any(|a| a == "--small");
    let (elders, turns) = if small { (500, 5) } else { (20_000, 50) };
    let started = Instant::now();
    let directory = Directory::new((0..elders).map(elder));
    println!("elders {elders}\nbuild_ms {:.1}", started.elapsed().as_secs_f64() * 1e3);
    let today = Date::constant(2026, 3, 2);
    for (name, query) in
        [("name", "王秀英"), ("initials", "wxy"), ("last_four", "0042"), ("thousands", "w")]
    {
        let mut times: Vec<f64> = (0..turns)
            .map(|_| {
                let started = Instant::now();
                assert!(!directory.find(query, today).hits.is_empty(), "{query}");
                started.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{name}_ms {:.2} longest {:.2}", times[turns / 2], times[turns - 1]);
    }
}
