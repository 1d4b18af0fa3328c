extension ModuleTexts {
    /// Supervision.
    static let supervision = ModuleTexts(
        services: ["Supervision": "督查：考核各单位的工作。"],
        methods: ["Supervision/Score": "考核得分的计算。"],
        messages: [
            "ScoreRequest": "某单位的红黄牌与办结情况。",
            "ScoreLine": "得分的一项。",
            "ScoreReply": "得分及其由来。",
        ],
        fields: [
            "ScoreLine.count": "数量；提前办结为全部的十分之几。",
            "ScoreLine.each": "每项的分值。",
            "ScoreLine.item": "项目。",
            "ScoreLine.points": "本项合计。",
            "ScoreReply.lines": "各项，合计即为总分。",
            "ScoreReply.score": "总分。",
            "ScoreRequest.completed": "办结数。",
            "ScoreRequest.early": "其中在承诺日之前办结的。",
            "ScoreRequest.red": "红牌数。",
            "ScoreRequest.warning_triples": "连续三次催办的次数。",
            "ScoreRequest.yellow": "黄牌数。",
        ],
        values: [
            "ScoreItem.BASE": "基础分",
            "ScoreItem.WARNING_TRIPLES": "连续三次催办",
            "ScoreItem.YELLOW_CARDS": "黄牌",
            "ScoreItem.RED_CARDS": "红牌",
            "ScoreItem.EARLY": "提前办结",
        ],
        reasons: [:]
    )
}
