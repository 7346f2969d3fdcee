@_exported import Maps
// Maps of classifiers and nothing else: what needs libtorch alone.
@_exported import Networks
@_exported import Rasters
@_exported import Tensors
