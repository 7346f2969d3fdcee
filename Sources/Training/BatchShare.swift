import Tensors

/// What this process has of a batch: all of it, or its slice where several share the work.
struct BatchShare {
  /// Indices into the images; never none, so that all processes compute alike.
  let images: ArraySlice<Int>
  /// How many of them count: none where the batch has fewer images than there are processes and this one's is a stand-in.
  let count: Int
  /// The images of the whole batch.
  let total: Int

  init(_ batch: ArraySlice<Int>, in group: ProcessGroup?) {
    total = batch.count
    let (rank, ranks) = (group?.rank ?? 0, group?.count ?? 1)
    let first = batch.startIndex
    let own = batch[first + total * rank / ranks..<first + total * (rank + 1) / ranks]
    count = own.count
    images = own.isEmpty ? batch.prefix(1) : own
  }
}
