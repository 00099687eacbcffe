//! The texts in Chinese, the language of the canteen.

use super::{Labels, Lines, Say, lines};
use crate::domain::calendar::{MealWindow, NextMeal};
use crate::domain::decision::Doubt;
use crate::domain::entry::Method;
use crate::domain::entry::correction::{HandReason, LateReason, VoidReason};
use crate::domain::entry::operation::Satisfaction;
use crate::domain::evidence::Flaw;
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
            NoAward::UnderAge => "未满70周岁，暂无补贴，欢迎用餐",
            NoAward::HomeCare => "已享受居家养老服务，本餐不补贴，欢迎用餐",
            NoAward::NotEligible | NoAward::NoRules | NoAward::Deceased | NoAward::Moved => {
                "欢迎用餐，补贴请咨询工作人员"
            }
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

    fn meal(&self, window: MealWindow) -> &'static str {
        match window {
            MealWindow::Breakfast => "早餐",
            MealWindow::Lunch => "午餐",
            MealWindow::Supper => "晚餐",
        }
    }

    fn band(&self, band: &str) -> String {
        format!("{band} 岁")
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

/// The fixed texts.
pub(super) static LABELS: Labels = Labels {
    title: "幸福食堂",
    wait: "请稍等",
    next_meal: "{day}{meal} {from} 开始",
    day_today: "今天",
    day_tomorrow: "明天",
    amount: "补贴 {amount} 元",
    preview: "摄像头画面",
    lost: "请工作人员帮您登记",
    lost_detail: "屏幕与设备失去联系，正在重新连接",
    strip: "操作栏",
    satisfaction: "今天饭菜满意吗",
    sign_in: "工作人员",
    sign_out: "退出登录",
    signed_in: "{name} 已登录",
    reviews: "待核验",
    find: "找老人",
    today: "今日",
    late: "补录",
    device: "设备",
    other_language: "English",
    close: "关闭",
    confirm: "确认",
    back: "返回",
    known: "知道了",
    no_name: "（未填姓名）",
    age: "{years} 岁",
    last4: "尾号 {digits}",
    no_reviews: "现在没有人等待核验",
    review_at: "第 {at} 位，共 {count} 位",
    review_since: "{meal} {time} · 已等 {seconds} 秒",
    review_since_minutes: "{meal} {time} · 已等 {minutes} 分钟",
    review_choose: "请当面问清姓名，再点选",
    review_nobody: "没有找到相近的老人，请当面问清姓名",
    review_next: "下一位",
    neither: "都不是",
    neither_explained: "这次按未登记的来客处理，不发补贴",
    other_elder: "查找其他老人",
    choose_question: "确认是这位老人吗？",
    find_label: "姓名、拼音首字母或证件后四位",
    find_hint: "例：王秀英 · WXY · 1234",
    find_none: "没有找到，请换一种写法",
    find_more: "还有 {count} 位，请多输入几个字",
    find_failed: "暂时查不到，请再试一次",
    by_hand_question: "为什么由人工登记？",
    left_today: "今天还可以操作 {count} 次",
    erase: "删除",
    digits: "数字",
    letters: "字母",
    diners: "用餐人次",
    subsidised: "补贴人次",
    today_none: "今天还没有人用餐",
    today_more: "更早的 {count} 条没有列出",
    nobody: "核验超时，未确认是谁",
    undo: "撤销",
    undo_question: "为什么撤销？",
    yuan: "{amount} 元",
    by_operator: "操作员 {id}",
    reason: "原因",
    device_well: "设备一切正常",
    device_ailing: "设备有问题",
    faults: "需要处理",
    pending: "待上传 {count} 条",
    last_upload: "上次上传 {time}",
    never_uploaded: "还没有上传过",
    well: "正常",
    ailing: "有问题",
    upload: "立即上传",
    upload_question: "现在上传到市级系统吗？",
    day_code: "当日校验码",
    day_code_explained: "请抄写在公示栏上",
    operator: "工号",
    pin: "密码",
    pin_typed: "已输入 {count} 位",
    retry_after: "请等 {count} 秒再试",
    late_date: "哪一天",
    late_window: "哪一餐",
    late_elder: "哪位老人",
    late_second: "第二位操作员确认",
    late_question: "确认补录这一餐吗？",
    change: "换一位",
    card_sign_in: "请工作人员先登录，再刷卡",
    unreachable: "设备没有回应，请再试一次",
};
