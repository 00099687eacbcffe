//! The texts in Chinese, the language of the canteen.

use super::{Labels, Said, Words};
use crate::domain::calendar::{MealWindow, NextMeal};
use crate::domain::decision::Doubt;
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::evidence::Flaw;
use crate::domain::money::Fen;
use crate::domain::subsidy::NoAward;
use crate::domain::visit::Prompt;

/// Chinese.
pub(super) struct Zh;

impl Words for Zh {
    fn pause(&self) -> &'static str {
        "，"
    }

    fn labels(&self) -> &'static Labels {
        &LABELS
    }

    fn prompt(&self, prompt: Prompt) -> Said {
        match prompt {
            Prompt::Welcome => Said::lines("欢迎用餐", "请站到屏幕前"),
            Prompt::Mend(flaw) => Said::title(self.advice(flaw)),
            Prompt::Wait => Said::title("请稍等"),
            Prompt::OneAtATime => Said::title("请一位一位来"),
        }
    }

    fn served(&self, address: &str, amount: Fen) -> Said {
        Said {
            title: greeting(address),
            line: "今天第一餐".to_owned(),
            figure: format!("补贴 {amount} 元"),
        }
    }

    fn welcome(&self, address: &str, reason: NoAward) -> Said {
        Said::lines(&greeting(address), self.no_award(reason))
    }

    fn again(&self, address: Option<&str>) -> Said {
        match address {
            Some(address) => Said::lines(&greeting(address), "您这一餐已经登记好了"),
            None => Said::lines("已经登记", "请工作人员帮助您"),
        }
    }

    fn ask_staff(&self) -> Said {
        Said::lines("欢迎用餐", "请工作人员帮您登记")
    }

    fn closed(&self, next: NextMeal) -> Said {
        let day = if next.tomorrow { "明天" } else { "今天" };
        let (hour, minute) = (next.from.hour(), next.from.minute());
        let meal = self.meal(next.window);
        Said::lines("现在是休息时间", &format!("{day}{meal} {hour}:{minute:02} 开始"))
    }

    fn out_of_order(&self) -> Said {
        Said::lines("请工作人员帮您登记", "刷脸设备暂停使用，照常用餐")
    }

    fn advice(&self, flaw: Flaw) -> &'static str {
        match flaw {
            Flaw::TooFar => "请走近一点",
            Flaw::CutOff => "请站到中间",
            Flaw::TooDark => "光线太暗，请靠近灯光",
            Flaw::TooBright => "光线太亮，请避开强光",
            Flaw::Backlit => "背后光太强，请换个方向",
            Flaw::Blurred => "请站稳一点",
            Flaw::TurnedAway => "请正对屏幕",
            Flaw::Covered => "请不要遮住脸",
        }
    }

    fn no_award(&self, reason: NoAward) -> &'static str {
        match reason {
            NoAward::AlreadyToday => "今天已领过补贴，欢迎用餐",
            NoAward::UnderAge => "未满70周岁，暂无补贴，欢迎用餐",
            NoAward::HomeCare => "已享受居家养老服务，本餐不补贴，欢迎用餐",
            NoAward::NotEligible | NoAward::NoRules | NoAward::Deceased | NoAward::Moved => {
                "欢迎用餐，补贴请咨询工作人员"
            }
        }
    }

    fn doubt(&self, doubt: Doubt) -> &'static str {
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

    fn meal(&self, window: MealWindow) -> &'static str {
        match window {
            MealWindow::Breakfast => "早餐",
            MealWindow::Lunch => "午餐",
            MealWindow::Supper => "晚餐",
        }
    }

    fn hand_reason(&self, reason: HandReason) -> &'static str {
        match reason {
            HandReason::NoFace => "没有登记人脸",
            HandReason::NoCamera => "不愿意刷脸",
            HandReason::OutOfOrder => "设备故障",
            HandReason::NotRecognised => "没有认出来",
        }
    }

    fn void_reason(&self, reason: VoidReason) -> &'static str {
        match reason {
            VoidReason::WrongPerson => "认错人了",
            VoidReason::EnteredTwice => "重复登记",
            VoidReason::NotEaten => "没有用餐",
            VoidReason::Slip => "按错了",
            VoidReason::Other => "其他原因",
        }
    }

    fn late_reason(&self, reason: LateReason) -> &'static str {
        match reason {
            LateReason::BoxOff => "当时设备没开",
            LateReason::Forgotten => "忘记登记",
            LateReason::Delivered => "送餐上门",
            LateReason::WronglyVoided => "误撤销",
        }
    }

    fn satisfaction(&self, satisfaction: Satisfaction) -> &'static str {
        match satisfaction {
            Satisfaction::Satisfied => "满意",
            Satisfaction::Fair => "一般",
            Satisfaction::Dissatisfied => "不满意",
        }
    }
}

fn greeting(address: &str) -> String {
    format!("{address}，您好")
}
