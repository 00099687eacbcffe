//! The texts in Chinese, the language of the canteen.

mod labels;

pub(super) use labels::LABELS;

use super::{Lines, Say, lines};
use crate::domain::calendar::{MealWindow, NextMeal};
use crate::domain::decision::Doubt;
use crate::domain::entry::Method;
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::evidence::Flaw;
use crate::domain::health::Trouble;
use crate::domain::money::Fen;
use crate::domain::subsidy::NoAward;
use crate::domain::visit::Prompt;
use crate::kiosk::act::{Done, Refusal};
use crate::kiosk::say::{Condition, PartName, RowState};

/// Chinese.
pub(super) struct Zh;

/// What stands between two thoughts that are spoken one after the other.
const PAUSE: &str = "，";

impl Say for Zh {
    fn prompt(&self, prompt: Prompt) -> Lines {
        match prompt {
            Prompt::Welcome => Lines { speech: None, ..said("欢迎用餐", "请站到屏幕前") },
            Prompt::Mend(flaw) => instruction(advice(flaw)),
            Prompt::Wait => Lines { speech: None, ..instruction("请稍等") },
            Prompt::OneAtATime => instruction("请一位一位来"),
        }
    }

    fn served(&self, address: &str, amount: Fen) -> Lines {
        let detail = "今天第一餐";
        let greeting = greeting(address);
        let speech = format!("{greeting}{PAUSE}{detail}{PAUSE}补贴 {amount} 元");
        Lines { title: greeting, detail: Some(detail.to_owned()), speech: Some(speech) }
    }

    fn welcome(&self, address: &str, reason: NoAward) -> Lines {
        let kind = match reason {
            NoAward::AlreadyToday => "今天已领过补贴，欢迎用餐",
            NoAward::UnderAge => "还没到补贴年龄，欢迎用餐",
            NoAward::HomeCare
            | NoAward::NotEligible
            | NoAward::NoRules
            | NoAward::Deceased
            | NoAward::Moved => "欢迎用餐，补贴请咨询工作人员",
        };
        said(&greeting(address), kind)
    }

    fn again(&self, address: Option<&str>) -> Lines {
        match address {
            Some(address) => said(&greeting(address), "您这一餐已经登记好了"),
            None => said("已经登记", "请工作人员帮助您"),
        }
    }

    fn ask_staff(&self) -> Lines {
        said("请工作人员帮您登记", "请稍候，照常用餐")
    }

    fn closed(&self, next: NextMeal) -> Lines {
        let day = if next.tomorrow { "明天" } else { "今天" };
        let (hour, minute) = (next.from.hour(), next.from.minute());
        let meal = self.meal(next.window);
        let detail = format!("{day}{meal} {hour}:{minute:02} 开始");
        Lines { speech: None, ..said("现在是休息时间", &detail) }
    }

    fn out_of_order(&self) -> Lines {
        Lines {
            speech: None, ..said("请工作人员帮您登记", "刷脸暂停使用，照常用餐")
        }
    }

    fn meal(&self, window: MealWindow) -> &'static str {
        match window {
            MealWindow::Breakfast => "早餐",
            MealWindow::Lunch => "午餐",
            MealWindow::Supper => "晚餐",
        }
    }

    fn band(&self, band: &str) -> String {
        match band.strip_suffix('+') {
            Some(from) => format!("{from} 岁以上"),
            None => format!("{} 岁", band.replace('-', "–")),
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

    fn no_award(&self, reason: NoAward) -> &'static str {
        match reason {
            NoAward::AlreadyToday => "今天已领过补贴",
            NoAward::UnderAge => "年龄未到",
            NoAward::HomeCare => "已享受居家养老服务",
            NoAward::NotEligible => "当天不在名单上",
            NoAward::NoRules => "当天没有补贴规则",
            NoAward::Deceased => "已登记去世",
            NoAward::Moved => "已登记迁出",
        }
    }

    fn method(&self, method: Option<Method>) -> &'static str {
        match method {
            Some(Method::Face) => "刷脸",
            Some(Method::Card) => "刷卡",
            Some(Method::Staff) => "人工",
            None => "超时",
        }
    }

    fn row_state(&self, state: RowState) -> &'static str {
        match state {
            RowState::Stands => "有效",
            RowState::Void => "已撤销",
            RowState::Pending => "待核",
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

    fn satisfaction(&self, value: Satisfaction) -> &'static str {
        match value {
            Satisfaction::Satisfied => "满意",
            Satisfaction::Fair => "一般",
            Satisfaction::Dissatisfied => "不满意",
        }
    }

    fn part(&self, part: PartName) -> &'static str {
        match part {
            PartName::Camera => "摄像头",
            PartName::Network => "网络",
            PartName::Clock => "时钟",
            PartName::Disk => "存储",
            PartName::Gallery => "人脸库",
            PartName::Ledger => "台账",
        }
    }

    fn condition(&self, condition: Condition) -> String {
        match condition {
            Condition::Well => "正常".to_owned(),
            Condition::Ailing => "有问题".to_owned(),
            Condition::Absent => "未设置".to_owned(),
            Condition::Roster(elders, as_of) => format!("{elders} 位老人，名单 {as_of}"),
            Condition::Waiting(entries) => format!("{entries} 条待上传"),
        }
    }

    fn trouble(&self, trouble: Trouble) -> &'static str {
        match trouble {
            Trouble::CameraLost => "摄像头没有画面",
            Trouble::VisionFailed => "识别程序出错",
            Trouble::LedgerFailed => "有一餐没有写入台账",
            Trouble::DiskFull => "存储已满",
            Trouble::DiskLow => "存储快满了",
            Trouble::ClockUntrusted => "时钟不可信，金额待核",
            Trouble::ClockDiffers => "时钟与市级平台不一致",
            Trouble::GalleryEmpty => "还没有登记老人",
            Trouble::GalleryFaceless => "名单里没有一张人脸",
            Trouble::GalleryStale => "资格名单过期",
            Trouble::GalleryRefused => "新名单没有通过检查，仍用旧名单",
            Trouble::GalleryRows => "下发名单中有几行不对，没有采用",
            Trouble::CityUnreachable => "连不上市级系统",
            Trouble::CityKeys => "与市级系统通信的密钥不可用",
            Trouble::Crashed => "程序曾意外中断",
            Trouble::CityAlarm => "与市级系统的记录不一致",
        }
    }

    fn remedy(&self, trouble: Trouble) -> &'static str {
        match trouble {
            Trouble::CameraLost => {
                "由人工登记。检查摄像头的线有没有松，拔下再插一次；还不行请联系技术员。"
            }
            Trouble::VisionFailed => "由人工登记。请技术员检查设备并重新启动。",
            Trouble::LedgerFailed => "先记在纸上。请技术员马上检查存储。",
            Trouble::DiskFull => "请技术员马上清理存储，不必重新启动。",
            Trouble::DiskLow => "请技术员近日清理存储。",
            Trouble::ClockUntrusted => "对照准确的时间，请技术员确认时钟；照常用餐。",
            Trouble::ClockDiffers => "照常用餐。请技术员核对时间。",
            Trouble::GalleryEmpty => "由人工登记。请技术员导入名单，或等市级系统下发。",
            Trouble::GalleryFaceless => "由人工或刷卡登记。请技术员导入照片，或等市级系统下发。",
            Trouble::GalleryStale => "检查网络，或请街道提供最新名单。",
            Trouble::GalleryRefused => "照常用餐。请技术员查看昨夜的下发记录。",
            Trouble::GalleryRows => "照常用餐。请技术员联系市级系统更正名单。",
            Trouble::CityUnreachable => "检查网线和路由器；照常用餐，记录不会丢。",
            Trouble::CityKeys => "照常用餐。请技术员检查本机的密钥和证书。",
            Trouble::Crashed => "用餐记录没有丢失。请技术员查看报告。",
            Trouble::CityAlarm => {
                "请技术员马上联系市级系统；本机若从备份恢复过，要用新注册码重新注册。"
            }
        }
    }

    fn recorded(&self, name: &str, amount: Fen) -> String {
        format!("已为{name}登记，补贴 {amount} 元")
    }

    fn recorded_free(&self, name: &str, reason: NoAward) -> String {
        format!("已为{name}登记，本餐不补贴：{}", self.no_award(reason))
    }

    fn done(&self, done: Done) -> &'static str {
        match done {
            Done::Served => "已登记，有补贴",
            Done::Visit => "已登记，本餐不补贴",
            Done::SameVisit => "这一餐已经登记过",
            Done::Nobody => "已按未登记的来客处理",
            Done::Voided => "已撤销",
            Done::SignedIn => "已登录",
            Done::SignedOut => "已退出登录",
            Done::Thanks => "谢谢您的评价",
            Done::UploadBegun => "开始上传",
            Done::DayCode => "当日校验码",
            Done::DayCodeSoFar => "今天还没结束，这是到现在为止的校验码",
            Done::LanguageSet => "语言已切换",
        }
    }

    fn refusal(&self, refusal: Refusal) -> &'static str {
        match refusal {
            Refusal::NotSignedIn => "请先登录",
            Refusal::WrongPin => "工号或密码不对",
            Refusal::Throttled => "操作太快，请稍等再试",
            Refusal::Locked => "输错次数太多，已暂时锁定",
            Refusal::SameOperator => "需要另一位操作员确认",
            Refusal::ReviewGone => "这一位已经处理过了",
            Refusal::UnknownElder => "名单已更新，请重新查找",
            Refusal::UnknownCard => "没有登记这张卡",
            Refusal::AlreadyThere => "这一餐已经登记过",
            Refusal::Closed => "现在不是用餐时间",
            Refusal::NoMeal => "没有这条用餐记录",
            Refusal::OtherDay => "只能撤销今天的记录",
            Refusal::AlreadyVoid => "已经撤销过了",
            Refusal::LateDate => "这一天不能补录",
            Refusal::LateClock => "时钟还没有确认，请校准后再补录",
            Refusal::CapReached => "今天的次数已用完",
            Refusal::NoCity => "没有设置市级系统",
            Refusal::UploadRunning => "正在上传",
            Refusal::NoEntries => "那一天没有记录",
            Refusal::BadRequest => "没有看懂，请再试一次",
            Refusal::StalePage => "页面已过期，请再试一次",
            Refusal::Foreign => "只能在本机屏幕上操作",
            Refusal::Missing => "没有这个功能",
            Refusal::Busy => "现在很忙，请再试一次",
            Refusal::LedgerFailed => "台账没有写入，请查看设备状态",
        }
    }
}

fn greeting(address: &str) -> String {
    format!("{address}，您好")
}

/// How to mend a picture, in one short instruction.
fn advice(flaw: Flaw) -> &'static str {
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

fn said(title: &str, detail: &str) -> Lines {
    lines(title.to_owned(), Some(detail.to_owned()), PAUSE)
}

fn instruction(title: &str) -> Lines {
    lines(title.to_owned(), None, PAUSE)
}
