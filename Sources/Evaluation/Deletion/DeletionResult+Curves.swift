extension DeletionResult {
  /// The mean of all images' curves.
  ///
  /// - Parameters:
  ///   - metric: its place among ``DeletionSetup/curveMetrics``.
  ///   - series: its place among ``DeletionSetup/series(of:)``.
  public func curve(metric: Int, series: Int) -> [Double] {
    let (perImage, points) = shape(metric)
    return (0..<points).map { point in
      (0..<imageCount).reduce(0) { $0 + Double(curves[metric][$1 * perImage + series * points + point]) }
        / Double(imageCount)
    }
  }

  /// The mean of the images' scores, see ``CurveMetric``, for each series, with intervals as
  /// ``areas(_:resamples:seed:)`` has them.
  public func scores(metric: Int, resamples: Int = 1000, seed: UInt64 = 0) -> [Area] {
    let (perImage, points) = shape(metric)
    let values = curves[metric]
    let own = stride(from: 0, to: values.count, by: points).map {
      setup.curveMetrics?[metric].score(values[$0..<$0 + points]) ?? 0
    }
    return areas(of: own, curves: perImage / points, resamples, seed)
  }

  private func shape(_ metric: Int) -> (perImage: Int, points: Int) {
    let chosen = setup.curveMetrics?[metric]
    return (curves[metric].count / imageCount, chosen?.counts(of: setup.pixels).count ?? 0)
  }
}
