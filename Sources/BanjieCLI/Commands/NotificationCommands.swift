import BanjieProtocol

/// `banjie notification`: what applicants are told without asking, and the gateway that sends it.
enum NotificationCommands {
    static let group = CommandGroup(
        "notification",
        Text("What applicants are told, and its sending.", "告知申请人的通知及其发送。"),
        [
            .listing(
                OnlineMethods.listNotifications,
                show: { (reply: ListNotificationsReply, page) in page.show(reply) }
            ),
            .command(
                Command(
                    "watch",
                    watching: OnlineMethods.watchNotifications,
                    by: WatchNotificationsRequest.self,
                    examples: ["banjie notification watch --json"],
                    show: { (event: NotificationEvent, page) in page.show(event) }
                )
            ),
            .command(
                Command(
                    "take",
                    calling: OnlineMethods.takeNotifications,
                    RequestForm(fallbacks: ["limit": "100"]),
                    examples: ["banjie notification take --json"],
                    show: { (reply: TakeNotificationsReply, page) in page.show(reply) }
                )
            ),
            .command(
                Command(
                    "acknowledge",
                    calling: OnlineMethods.acknowledgeNotifications,
                    RequestForm(required: ["numbers"]),
                    examples: ["banjie notification acknowledge --numbers 1 --numbers 2"],
                    show: { (_: Empty, page) in page.done() }
                )
            ),
        ]
    )

    /// `banjie case track`.
    static let track = Command(
        "track",
        calling: OnlineMethods.track,
        RequestForm(operands: ["case", "code"]),
        examples: ["banjie case track 11440300MB2C9270TU4000000000001202603020001 7K2M9QXA"],
        show: { (view: TrackView, page) in page.show(view) }
    )
}
