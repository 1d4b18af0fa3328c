import BanjieProtocol
import CivilTime
import Foundation

/// What applicants are told, what a gateway sends, and tracking without signing in.
let notificationOperations: [String: Operation] = [
    "notification.list": { world, arguments in
        let login = arguments.values["by"]?.text ?? "zhang"
        let reply = try await OnlineClient(try await world.channel(as: login))
            .listNotifications(ListNotificationsRequest(limit: 100))
        return [
            "kinds": JSON(reply.notifications.map { "\($0.kind)" }),
            "at": JSON(reply.notifications.map { "\($0.at)" }),
            "last": JSON(
                reply.notifications.last.map { last in
                    last.text.replacingOccurrences(of: last.case, with: world.label(of: last.case))
                }
            ),
        ]
    },
    "notification.take": { world, arguments in
        let login = arguments.values["by"]?.text ?? "gateway"
        let client = OnlineClient(try await world.channel(as: login))
        let reply = try await client.takeNotifications(TakeNotificationsRequest(limit: 100))
        for (label, serial) in world.cases {
            for message in reply.messages where message.text.contains(serial) {
                guard let mark = message.text.range(of: "评价码：") else { continue }
                world.tokens[label] = String(message.text[mark.upperBound...])
            }
        }
        if arguments.flag("acknowledge") {
            _ = try await client.acknowledgeNotifications(
                AcknowledgeNotificationsRequest(numbers: reply.messages.map(\.number))
            )
        }
        return ["waiting": JSON(reply.messages.count)]
    },
    "case.track": { world, arguments in
        let label = try arguments.text("case")
        let view = try await OnlineClient(try world.anonymousChannel()).track(
            TrackRequest(
                case: world.serial(label),
                code: arguments.values["code"]?.text ?? world.queryCodes[label] ?? "none"
            )
        )
        return [
            "state": JSON(view.state), "next": JSON(view.next), "by": JSON(view.nextBy),
            "promised_due": JSON(view.promisedDue), "statutory_due": JSON(view.statutoryDue),
            "missing": JSON(view.missing), "decision": JSON(view.decision),
            "item": JSON(view.item), "department": JSON(view.department),
        ]
    },
]
