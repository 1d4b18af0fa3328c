/// A fault that a simulation has built in on request, to show that it would be found.
package enum PlantedFault: String, CaseIterable, Sendable {
    /// The store says that a batch is kept before it is: a crash loses the batch.
    case acknowledgesBeforeKeeping
    /// The store loses a reply that it has kept, and with it what is known of the request's id.
    case losesReplies
    /// A watch leaves out an event.
    case skipsEvent
    /// The network gives two frames in the wrong order.
    case swapsFrames
    /// The network alters a byte.
    case altersByte
    /// A call is answered twice.
    case answersTwice
}
