/// The answers of a classifier for one block of images.
struct DeletionBlock: Equatable {
  let images: Range<Int>
  /// The true class of each image.
  let labels: [Int32]
  /// The class predicted for each untouched image.
  let untouched: [Int32]
  /// What each metric found.
  var answers: [MetricAnswers] = []
  /// How the answers in bfloat16 were checked; nil where there are none.
  var check: AnswerCheck?
}
