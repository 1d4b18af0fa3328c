/// What one transaction makes durable. `UnitOfWork` builds it; a store writes it.
package struct CommitBatch: ~Copyable {
}
