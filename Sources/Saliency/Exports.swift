// One import gives users the whole library.
@_exported import Datasets
@_exported import Distribution
@_exported import Experiments
@_exported import Figures
@_exported import Files
@_exported import Maps
@_exported import Networks
@_exported import Pictures
@_exported import Rasters
@_exported import Reports
@_exported import Tensors
@_exported import Training
