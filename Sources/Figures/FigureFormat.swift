/// The file formats that figures are written in.
public enum FigureFormat: String, CaseIterable, Sendable {
  case png, pdf, svg
}
