internal import BanjieProtocol
internal import Deadlines
internal import Office
internal import Store
internal import Wire

/// A service's commands, as the engine calls them.
protocol CommandRouting: Sendable {
    func dispatchCommand(
        _ method: UInt16,
        _ body: UnsafeRawBufferPointer,
        in context: inout CommandContext,
        reply: inout MessageWriter
    ) throws(DispatchFailure<HandlerFailure>)
}

/// A service's queries, as the query threads call them.
protocol QueryRouting: Sendable {
    func dispatchQuery(
        _ method: UInt16,
        _ body: UnsafeRawBufferPointer,
        in context: inout QueryContext,
        reply: inout MessageWriter
    ) throws(DispatchFailure<HandlerFailure>)
}

/// A service's watches, as the watch desk opens them.
protocol WatchRouting: Sendable {
    func openWatch(
        _ method: UInt16,
        _ body: UnsafeRawBufferPointer,
        in context: inout WatchContext
    ) throws(DispatchFailure<HandlerFailure>) -> any EncodedStream<WatchContext, HandlerFailure>
}

/// A service's watches of how the server is, which touch no store and have a desk of their own.
protocol StatusWatchRouting: Sendable {
    func openWatch(
        _ method: UInt16,
        _ body: UnsafeRawBufferPointer,
        in status: inout ServerStatus
    ) throws(DispatchFailure<HandlerFailure>) -> any EncodedStream<ServerStatus, HandlerFailure>
}

/// A service's uploads, as the engine opens them.
protocol UploadRouting: Sendable {
    func openUpload(
        _ method: UInt16,
        _ body: UnsafeRawBufferPointer,
        in context: inout CommandContext
    ) throws(DispatchFailure<HandlerFailure>) -> any EncodedStream<CommandContext, HandlerFailure>
}

/// A service's sessions, as the engine opens them.
protocol SessionRouting: Sendable {
    func openSession(
        _ method: UInt16,
        _ body: UnsafeRawBufferPointer,
        in context: inout CommandContext
    ) throws(DispatchFailure<HandlerFailure>) -> any EncodedStream<CommandContext, HandlerFailure>
}

/// A service all of whose queries are answered where they are read.
protocol InlineRouting: Sendable {
    func dispatchQuery(
        _ method: UInt16,
        _ body: UnsafeRawBufferPointer,
        in context: inout ServerStatus,
        reply: inout MessageWriter
    ) throws(DispatchFailure<HandlerFailure>)
}

extension AdminService: CommandRouting, QueryRouting {}
extension CalendarService: CommandRouting, QueryRouting {}
extension CampaignService: CommandRouting, QueryRouting {}
extension CasesService: CommandRouting, QueryRouting, WatchRouting {}
extension CertificatesService: CommandRouting, QueryRouting {}
extension DeadlinesService: CommandRouting, QueryRouting, WatchRouting {}
extension DiagnosticsService: QueryRouting {}
extension DirectoryService: CommandRouting, QueryRouting, UploadRouting {}
extension DisclosureService: CommandRouting, QueryRouting {}
extension FirstContactService: CommandRouting, QueryRouting {}
extension HealthService: InlineRouting, StatusWatchRouting {}
extension JointService: CommandRouting, QueryRouting, SessionRouting {}
extension OnlineService: CommandRouting, QueryRouting, UploadRouting, WatchRouting {}
extension ReflectionService: InlineRouting {}
extension ReviewsService: CommandRouting, QueryRouting {}
extension TrainingService: CommandRouting, QueryRouting {}
extension SupervisionService: CommandRouting, QueryRouting, WatchRouting {}

/// What the server hosts: a line for each service, and the tables of its records.
enum ServiceRegistry {
    struct Registration: Sendable {
        let descriptor: ServiceDescriptor
        var commands: (any CommandRouting)?
        var queries: (any QueryRouting)?
        var watches: (any WatchRouting)?
        var statusWatches: (any StatusWatchRouting)?
        var uploads: (any UploadRouting)?
        var sessions: (any SessionRouting)?
        var inline: (any InlineRouting)?
        /// The files that its module keeps.
        var files: (any FileRouting)?
    }

    private static let registrations: [Registration] = [
        Registration(descriptor: DiagnosticsMethods.service, queries: DiagnosticsService()),
        both(CalendarMethods.service, CalendarService()),
        both(DeadlinesMethods.service, DeadlinesService()),
        both(DirectoryMethods.service, DirectoryService()),
        both(CasesMethods.service, CasesService(), files: Files(CaseFile.self)),
        both(AdminMethods.service, AdminService()),
        Registration(
            descriptor: HealthMethods.service,
            statusWatches: HealthService(),
            inline: HealthService()
        ),
        Registration(descriptor: ReflectionMethods.service, inline: ReflectionService()),
        both(OnlineMethods.service, OnlineService(), files: Files(ConsultationFile.self)),
        both(JointApprovalMethods.service, JointService(), files: Files(JointFile.self)),
        both(ReviewsMethods.service, ReviewsService(), files: Files(ReviewFile.self)),
        both(FirstContactMethods.service, FirstContactService(), files: Files(InquiryFile.self)),
        both(
            CertificatesMethods.service,
            CertificatesService(),
            files: Files(CertificateFile.self)
        ),
        both(
            SupervisionMethods.service,
            SupervisionService(),
            files: Files(AssignmentFile.self)
        ),
        both(CampaignMethods.service, CampaignService()),
        both(TrainingMethods.service, TrainingService()),
        both(DisclosureMethods.service, DisclosureService()),
    ]

    private static func both(
        _ descriptor: ServiceDescriptor,
        _ service: some CommandRouting & QueryRouting,
        files: (any FileRouting)? = nil
    ) -> Registration {
        Registration(
            descriptor: descriptor,
            commands: service,
            queries: service,
            watches: service as? any WatchRouting,
            uploads: service as? any UploadRouting,
            sessions: service as? any SessionRouting,
            files: files
        )
    }

    private static let filesByKind = Dictionary(
        uniqueKeysWithValues: registrations.compactMap(\.files).map { ($0.kind, $0) }
    )

    /// The files of a kind; those of a module that isn't there are the store's mistake.
    static func files(of kind: FileKind) throws(HandlerFailure) -> any FileRouting {
        guard let files = filesByKind[kind] else {
            throw .store(.corrupt("no module has files of kind \(kind.rawValue)"))
        }
        return files
    }

    static func fileName(of kind: FileKind) -> String {
        filesByKind[kind]?.name ?? "file \(kind.rawValue)"
    }

    /// The methods that show what is personal as it is. Each is a command for who has the right, leaves
    /// an audit entry, and its reply isn't kept.
    static let openings: Set<UInt32> = [
        CasesMethods.openApplicant.id, DirectoryMethods.openPerson.id,
        DirectoryMethods.issueCredential.id, OnlineMethods.takeNotifications.id,
    ]

    /// A method with the service that answers it. Passed by reference, since it has many parts and
    /// every call looks it up.
    final class Route: Sendable {
        let method: MethodDescriptor
        /// Its place in `methods`, and its kind.
        let observed: ObservedMethod
        let commands: (any CommandRouting)?
        let queries: (any QueryRouting)?
        let watches: (any WatchRouting)?
        let statusWatches: (any StatusWatchRouting)?
        let uploads: (any UploadRouting)?
        let sessions: (any SessionRouting)?
        let inline: (any InlineRouting)?
        /// What is masked in its replies; nil when nothing is.
        let mask: ReplyMask?

        /// Who runs it; nil for what is no stream, or one that nobody here serves.
        var runner: StreamRunner? {
            switch method.kind {
            case .watch where watches != nil: .watches
            case .watch where statusWatches != nil: .statusWatches
            case .upload where uploads != nil: .engine
            case .session where sessions != nil: .engine
            case .watch, .upload, .session, .command, .query: nil
            }
        }

        fileprivate init(_ method: MethodDescriptor, index: Int, of service: Registration) {
            self.method = method
            observed = ObservedMethod(index: index, kind: method.observedKind)
            commands = service.commands
            queries = service.queries
            watches = service.watches
            statusWatches = service.statusWatches
            uploads = service.uploads
            sessions = service.sessions
            inline = service.inline
            mask = openings.contains(method.id) ? nil : ReplyMask(method.reply.descriptor)
            precondition(
                mask == nil || !(method.kind.isStream || method.runsInline),
                "\(method.fullName) has personal replies that nobody masks"
            )
        }
    }

    /// Every method, in the order of the registrations.
    static let methods: [MethodDescriptor] = registrations.flatMap(\.descriptor.methods)

    /// Routes by service and method number; nil where there is none.
    private static let routes: [[Route?]] = {
        var routes: [[Route?]] = []
        var index = 0
        for registration in registrations {
            for method in registration.descriptor.methods {
                let (service, number) = (Int(method.serviceNumber), Int(method.number))
                while routes.count <= service { routes.append([]) }
                while routes[service].count <= number { routes[service].append(nil) }
                routes[service][number] = Route(method, index: index, of: registration)
                index += 1
            }
        }
        return routes
    }()

    /// The route of a method's id; nil when no method has it. O(1).
    static func route(_ id: UInt32) -> Route? {
        let (service, number) = (Int(id >> 16), Int(id & 0xFFFF))
        guard routes.indices.contains(service), routes[service].indices.contains(number) else {
            return nil
        }
        return routes[service][number]
    }
}

extension MethodDescriptor {
    fileprivate var observedKind: ObservedMethod.Kind {
        switch kind {
        case _ where runsInline: .inline
        case .query: .query
        case .command: .command
        case .watch, .upload, .session: .stream
        }
    }
}
