/// A kind of department that a city has, and what it decides on.
struct Agency: Sendable {
    let code: String
    let name: String
    /// What its items are about; those that have none of their own work for the others.
    let subjects: [String]

    private init(_ code: String, _ name: String, _ subjects: [String] = []) {
        self.code = code
        self.name = name
        self.subjects = subjects
    }

    /// 统筹办公室, 人民政府, 督查: every city has them.
    static let office = Agency("ZSJ", "政务服务数据管理局")
    static let government = Agency("ZFB", "市人民政府办公室")
    static let supervision = Agency("DCS", "市政府督查室")

    static let all = [
        office, government, supervision,
        Agency("SJG", "市场监督管理局", ["企业", "食品经营", "药品零售", "特种设备", "计量器具"]),
        Agency("ZJJ", "住房和城乡建设局", ["建筑工程施工", "商品房预售", "物业服务企业", "建筑业企业资质"]),
        Agency("ZGJ", "自然资源和规划局", ["建设用地规划", "建设工程规划", "不动产", "采矿权"]),
        Agency("HBJ", "生态环境局", ["建设项目环境影响评价", "排污", "危险废物经营", "辐射安全"]),
        Agency("GAJ", "公安局", ["旅馆业特种行业", "公章刻制业", "大型群众性活动", "户口迁移"]),
        Agency("RSJ", "人力资源和社会保障局", ["劳务派遣经营", "人力资源服务", "民办职业培训学校", "职工退休"]),
        Agency("WJW", "卫生健康委员会", ["医疗机构执业", "公共场所卫生", "护士执业", "放射诊疗"]),
        Agency("JYJ", "教育局", ["民办学校", "教师资格", "校车使用"]),
        Agency("JTJ", "交通运输局", ["道路货物运输经营", "网络预约出租汽车", "超限运输车辆行驶", "港口经营"]),
        Agency("FGW", "发展和改革委员会", ["企业投资项目", "固定资产投资节能审查", "政府投资项目"]),
        Agency("SWJ", "水务局", ["取水", "生产建设项目水土保持方案", "河道管理范围内建设项目", "排水"]),
        Agency("XFJ", "消防救援支队", ["公众聚集场所投入使用", "消防技术服务机构"]),
        Agency("CGJ", "城市管理局", ["户外广告设置", "城市道路挖掘", "建筑垃圾处置", "占用城市绿地"]),
        Agency("YJJ", "应急管理局", ["危险化学品经营", "烟花爆竹零售", "非煤矿山安全生产"]),
        Agency("MZJ", "民政局", ["社会团体", "养老机构", "慈善组织", "民办非企业单位"]),
        Agency("SFJ", "司法局", ["律师执业", "公证员执业", "司法鉴定机构"]),
        Agency("WLJ", "文化广电和旅游局", ["营业性演出", "娱乐场所", "旅行社", "互联网上网服务"]),
        Agency("NYJ", "农业农村局", ["农药经营", "动物诊疗", "种子生产经营", "兽药经营"]),
        Agency("SWU", "商务局", ["成品油零售经营", "拍卖企业", "对外劳务合作经营"]),
        Agency("YBJ", "医疗保障局", ["定点医药机构", "生育保险待遇", "异地就医"]),
        Agency("SHW", "税务局", ["增值税专用发票最高开票限额", "延期缴纳税款", "税收优惠"]),
        Agency("LYJ", "林业局", ["林木采伐", "占用林地", "野生动物人工繁育"]),
        Agency("QXJ", "气象局", ["防雷装置设计", "升放无人驾驶自由气球"]),
        Agency("YCJ", "烟草专卖局", ["烟草专卖零售"]),
        Agency("YZJ", "邮政管理局", ["快递业务经营", "邮政企业撤销服务"]),
        Agency("TIJ", "体育局", ["高危险性体育项目经营", "健身气功活动站点"]),
        Agency("CZJ", "财政局", ["会计师事务所", "代理记账机构"]),
        Agency("JRJ", "地方金融监督管理局", ["小额贷款公司", "融资担保公司", "典当行"]),
        Agency("KJJ", "科学技术局", ["高新技术企业", "技术合同"]),
        Agency("GXJ", "工业和信息化局", ["民用爆炸物品销售", "无线电频率使用"]),
        Agency("TYJ", "退役军人事务局", ["伤残等级", "优抚待遇"]),
        Agency("RFB", "人民防空办公室", ["人防工程建设", "人防工程拆除"]),
        Agency("DAJ", "档案局", ["档案中介服务机构", "重点建设项目档案验收"]),
        Agency("TJJ", "统计局", ["涉外调查", "地方统计调查项目"]),
        Agency("SJJ", "审计局", ["内部审计机构"]),
    ]

    /// What is asked for about a subject, with the limit that the law sets for it, in working days.
    static let actions: [(name: String, statutoryDays: Int32)] = [
        ("许可", 20), ("变更", 20), ("信息查询", 1), ("延续", 20), ("注销", 10), ("备案", 5), ("资格认定", 20),
        ("补证", 10), ("年度核验", 15), ("核准", 20),
    ]

    static let posts: [(name: String, rank: Int32)] = [
        ("综合窗口", 1), ("审批岗", 2), ("业务科员", 1), ("现场勘验岗", 2), ("政策咨询岗", 1), ("科长", 5), ("副科长", 4),
    ]
}
