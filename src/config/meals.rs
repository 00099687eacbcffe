//! `[meals]`: when meals are served.

use super::ConfigError;
use super::file::At;
use crate::domain::calendar::{MealHours, MealWindow, ServingTime, Time};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MealsTable {
    breakfast: Option<[String; 2]>,
    lunch: Option<[String; 2]>,
    supper: Option<[String; 2]>,
}

impl Default for MealsTable {
    fn default() -> Self {
        let window = |from: &str, to: &str| Some([from.to_owned(), to.to_owned()]);
        MealsTable {
            breakfast: window("06:00", "09:00"),
            lunch: window("10:30", "13:30"),
            supper: window("16:30", "19:00"),
        }
    }
}

impl At<'_> {
    pub(super) fn hours(&self, meals: MealsTable) -> Result<MealHours, ConfigError> {
        let mut windows = vec![];
        let written = [
            ("meals.breakfast", MealWindow::Breakfast, meals.breakfast),
            ("meals.lunch", MealWindow::Lunch, meals.lunch),
            ("meals.supper", MealWindow::Supper, meals.supper),
        ];
        for (key, window, times) in written {
            let Some([from, to]) = times else { continue };
            let (from, to) = (self.time(key, &from)?, self.time(key, &to)?);
            windows.push(ServingTime { window, from, to });
        }
        match MealHours::new(windows) {
            Ok(hours) => Ok(hours),
            Err(problem) => self.refuse("meals", problem.to_string()),
        }
    }

    pub(super) fn time(&self, key: &'static str, text: &str) -> Result<Time, ConfigError> {
        match text.split_once(':').map(|(h, m)| (h.parse(), m.parse())) {
            Some((Ok(hour), Ok(minute))) if text.len() == 5 => {
                match Time::new(hour, minute, 0, 0) {
                    Ok(time) => Ok(time),
                    Err(_) => {
                        self.refuse(key, format!("there is no time {text}; use 00:00 to 23:59"))
                    }
                }
            }
            _ => self.refuse(key, format!("{text:?} is not a time; write HH:MM")),
        }
    }
}
