//! Every sentence shown to elders and staff, Chinese first.
//!
//! Neutral in every doubtful case: nobody is told in front of others that they are unknown, that
//! they are not entitled, or that their face was doubted.

use crate::domain::calendar::MealWindow;
use crate::domain::decision::Doubt;
use crate::domain::evidence::Flaw;
use crate::domain::money::Fen;
use crate::domain::subsidy::NoAward;
use crate::domain::visit::Prompt;

/// What to say for a prompt.
pub fn prompt(prompt: Prompt) -> &'static str {
    match prompt {
        Prompt::Welcome => "欢迎用餐,请站到屏幕前",
        Prompt::Mend(flaw) => advice(flaw),
        Prompt::Wait => "请稍等",
        Prompt::OneAtATime => "请一位一位来",
    }
}

/// How to mend a picture, in one short instruction.
pub fn advice(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::TooFar => "请走近一点",
        Flaw::CutOff => "请站到中间",
        Flaw::TooDark => "光线太暗,请靠近灯光",
        Flaw::TooBright => "光线太亮,请避开强光",
        Flaw::Backlit => "背后光太强,请换个方向",
        Flaw::Blurred => "请站稳一点",
        Flaw::TurnedAway => "请正对屏幕",
        Flaw::Covered => "请不要遮住脸",
    }
}

/// A served elder, with what was given.
pub fn served(address: &str, amount: Fen) -> String {
    format!("{address},您好!今天第一餐,补贴 {amount} 元")
}

/// A meal without subsidy, with the reason in kind words.
pub fn welcome(address: &str, reason: NoAward) -> String {
    format!("{address},您好!{}", no_award(reason))
}

/// Seen again on the same visit.
pub fn again(address: Option<&str>) -> String {
    match address {
        Some(address) => format!("{address},您这一餐已经登记好了"),
        None => "已经登记,请工作人员帮助您".to_owned(),
    }
}

/// For every case that staff settle.
pub const ASK_STAFF: &str = "请工作人员帮您登记";

/// Why a meal has no subsidy, in kind words.
pub fn no_award(reason: NoAward) -> &'static str {
    match reason {
        NoAward::AlreadyToday => "今天已领过补贴,欢迎用餐",
        NoAward::UnderAge => "未满70周岁,暂无补贴,欢迎用餐",
        NoAward::HomeCare => "已享受居家养老服务,本餐不补贴,欢迎用餐",
        NoAward::NotEligible | NoAward::NoRules | NoAward::Deceased | NoAward::Moved => {
            "欢迎用餐,补贴请咨询工作人员"
        }
    }
}

/// What staff read about a doubtful person.
pub fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::NoMatch => "未登记或认不出",
        Doubt::WeakMatch => "相似度不够",
        Doubt::ThinMargin => "两位老人都像",
        Doubt::LookAlike => "有相貌相近的老人",
        Doubt::Disagreement => "几次看到的不一致",
        Doubt::Liveness => "可能不是真人面孔",
        Doubt::Quality => "看不清楚",
    }
}

/// Name of a meal of the day.
pub fn meal(window: MealWindow) -> &'static str {
    match window {
        MealWindow::Breakfast => "早餐",
        MealWindow::Lunch => "午餐",
        MealWindow::Supper => "晚餐",
    }
}
