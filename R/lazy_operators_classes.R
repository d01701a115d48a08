# Operators between lazy tensors and objects that have operators of their own: R
# would choose neither. Methods of S4 come before both.

methods::setOldClass("integer64")
methods::setOldClass("difftime")

for (other in c("POSIXt", "Date", "difftime", "factor", "integer64",
                "data.frame", "gpu_matrix")) {
  setMethod("Ops", signature("LazyTensor", other), Ops.LazyTensor)
  setMethod("Ops", signature(other, "LazyTensor"), Ops.LazyTensor)
}
rm(other)

# The methods of Matrix, an optional package, answer for whatever is beside its
# matrices. Called once it is loaded, when this namespace is closed; the
# environment only keeps a record of the methods.
add_matrix_operators <- function(...) {
  record <- new.env(parent = topenv())
  setMethod("Ops", signature("LazyTensor", "Matrix"), Ops.LazyTensor, record)
  setMethod("Ops", signature("Matrix", "LazyTensor"), Ops.LazyTensor, record)
}
