//! The meal that benches and tests record.

use canteend::domain::calendar::{Date, MealWindow};
use canteend::domain::elder::ElderId;
use canteend::domain::entry::{Event, Meal, Method};
use canteend::domain::money::Fen;
use canteend::domain::subsidy::{Award, Standing};

/// A subsidised lunch of 4 yuan on `date`, recognised by the camera.
pub fn meal(elder: &str, date: Date) -> Event {
    Event::Meal(Meal {
        elder: ElderId::new(elder).expect("an id of an elder"),
        date,
        window: MealWindow::Lunch,
        method: Method::Face,
        award: Award {
            rules: "lcetdz-2022".into(),
            band: "80+".into(),
            city: Fen::new(200),
            district: Fen::new(200),
        },
        standing: Standing::Firm,
        eligibility_as_of: date,
        basis: None,
    })
}
