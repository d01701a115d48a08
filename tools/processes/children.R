# Children of this session, and sessions that get its objects.

is_right <- function(value, scale = 1) {
  x <- points_of_attack
  expected <- scale * unname(rowSums(exp(-as.matrix(stats::dist(x))^2)))
  is.numeric(value) && length(value) == length(expected) &&
    max(abs(c(value) / expected - 1)) < 1e-9
}

operator_of_attack <- function(number = 1L) {
  keops_kernel(
    sprintf("Sum_Reduction(Exp(-SqDist(x, y)) * IntCst(%d), 0)", number),
    c("x = Vi(3)", "y = Vj(3)"), precision = "float64"
  )
}

tensor_of_attack <- function() {
  x <- points_of_attack
  exp(-sqdist(Vi(x, precision = "float64"), Vj(x, precision = "float64")))
}

# Large enough for threads, which end with the call.
call_with_threads <- function(op) {
  x <- points_of_attack[rep(1:20, 100), ]
  all(is.finite(op(x, x)))
}

outcome <- function(is_good) if (isTRUE(is_good)) "right" else "wrong value"

attack_fork <- function(count) {
  op <- operator_of_attack()
  tensor <- tensor_of_attack()
  x <- points_of_attack
  unlist(lapply(seq_len(ceiling(count / 2)), function(k) {
    set_rkeops_option("compile", if (k %% 5 == 1) "always" else "never")
    own <- operator_of_attack(k)
    call_with_threads(op)
    values <- parallel::mclapply(1:2, function(child) {
      is_right(op(x, x)) && is_right(own(x, x), k) &&
        call_with_threads(own) && is_right(rowSums(tensor))
    }, mc.cores = 2)
    # the parent goes on
    good <- is_right(own(x, x), k) && call_with_threads(op)
    vapply(values, function(one) outcome(isTRUE(one) && good), "")
  }))
}

attack_callr <- function(count) {
  op <- operator_of_attack(3L)
  tensor <- tensor_of_attack()
  session <- callr::r_session$new(
    callr::r_session_options(libpath = .libPaths()), wait_timeout = 60000
  )
  on.exit(session$close())
  vapply(seq_len(count), function(k) {
    values <- session$run(function(op, tensor, x) {
      library(rkeops)
      set_rkeops_options(threads = 2, compile = "never", axis = "output")
      list(op(x, x), rowSums(tensor), tensor)
    }, list(op, tensor, points_of_attack))
    outcome(
      is_right(values[[1L]], 3) && is_right(values[[2L]]) &&
        is_right(rowSums(values[[3L]]))
    )
  }, "")
}

attack_future <- function(count) {
  op <- operator_of_attack(3L)
  tensor <- tensor_of_attack()
  x <- points_of_attack
  future::plan(future::multisession, workers = 2)
  on.exit(future::plan(future::sequential))
  vapply(seq_len(count), function(k) {
    far <- future::future(
      list(op(x, x), rowSums(tensor)), packages = "rkeops", seed = NULL,
      globals = list(op = op, tensor = tensor, x = x)
    )
    alone <- rowSums(tensor)
    use_workers(TRUE)
    shared <- rowSums(tensor)
    use_workers(FALSE)
    values <- future::value(far)
    outcome(
      is_right(values[[1L]], 3) && is_right(values[[2L]]) &&
        identical(alone, shared)
    )
  }, "")
}
