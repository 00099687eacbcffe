//! The columns of every table, in the order in which the offices expect them: here and nowhere
//! else. `docs/reports.md` says the same for people.
//!
//! Headings and order are those of the plan's forms and are frozen by a test. The exceptions table
//! has no form of its own; its checks are frozen beside it.

use super::table::{Column, Form};

const fn column(heading: &'static str, field: &'static str, form: Form) -> Column {
    Column { heading, field, form, summed: false }
}

const fn summed(heading: &'static str, field: &'static str, form: Form) -> Column {
    Column { heading, field, form, summed: true }
}

use Form::{Count, Date, Entries, Text, Time, Yuan};

/// 月度助餐补贴结算表
pub const SETTLEMENT: &[Column] = &[
    column("序号", "row", Count),
    column("统计月份", "month", Text),
    column("县(市区)", "county", Text),
    column("街道", "street", Text),
    column("食堂编码", "device", Text),
    column("食堂名称", "canteen", Text),
    column("城区/农村", "area", Text),
    summed("就餐总人次", "diners", Count),
    summed("补贴人次", "subsidised", Count),
    summed("70—79岁人次", "aged_70_79", Count),
    summed("80岁及以上人次", "aged_80_up", Count),
    summed("市级补贴(元)", "city_fen", Yuan),
    summed("区级补贴(元)", "district_fen", Yuan),
    summed("合计(元)", "total_fen", Yuan),
    summed("核减人次", "reduced", Count),
    summed("核减金额(元)", "reduced_fen", Yuan),
    summed("核定金额(元)", "approved_fen", Yuan),
    summed("人脸核验人次", "by_face", Count),
    summed("证件核验人次", "by_card", Count),
    summed("人工核验人次", "by_staff", Count),
    summed("补录人次", "late", Count),
    summed("撤销人次", "voided", Count),
    column("备注", "remark", Text),
];

/// 花名册
pub const ROSTER: &[Column] = &[
    column("序号", "row", Count),
    column("姓名", "name", Text),
    column("性别", "sex", Text),
    column("证件号(脱敏)", "id_masked", Text),
    column("出生日期", "birth", Date),
    column("期末年龄", "age", Count),
    column("补贴档次(元/餐)", "rate_fen", Yuan),
    column("档次变更日", "rate_changed", Date),
    summed("本月次数", "meals", Count),
    summed("市级(元)", "city_fen", Yuan),
    summed("区级(元)", "district_fen", Yuan),
    summed("合计(元)", "total_fen", Yuan),
    column("是否享受政府购买居家养老服务", "home_care", Text),
    column("人员状态", "status", Text),
    column("备注", "remark", Text),
];

/// 就餐明细
pub const MEALS: &[Column] = &[
    column("流水号", "entry", Count),
    column("就餐日期", "date", Date),
    column("时间", "time", Time),
    column("姓名", "name", Text),
    column("证件后四位", "id_last4", Text),
    column("年龄", "age", Count),
    column("核验方式", "method", Text),
    column("操作员", "operator", Text),
    summed("市级(元)", "city_fen", Yuan),
    summed("区级(元)", "district_fen", Yuan),
    column("状态", "status", Text),
    column("原因", "reason", Text),
    column("批次号", "batch", Text),
];

/// 异常核查表
pub const EXCEPTIONS: &[Column] = &[
    column("序号", "row", Count),
    column("核查项目", "check", Text),
    column("日期", "date", Date),
    column("姓名", "name", Text),
    summed("涉及记录数", "count", Count),
    column("流水号", "entries", Entries),
    column("说明", "finding", Text),
    column("核查结果", "outcome", Text),
];

/// 年度运营
pub const YEAR: &[Column] = &[
    column("累计人次", "diners", Count),
    column("城区/农村档", "step", Text),
    column("距下一档", "missing", Text),
    column("预计奖补", "award_fen", Yuan),
    column("运营满一年否", "full_year", Text),
];
