# gaussian_process() with given parameters beside the kriging of gstat and
# fields and the Gaussian process of kernlab, on the zinc of the flood plain of
# the Meuse (package sp) and on cells of R's volcano.
#   Rscript benchmarks/kriging.R [N, 1000]
# Debian has the packages as r-cran-gstat, r-cran-fields, r-cran-kernlab.

library(rkeops)
given <- as.numeric(commandArgs(trailingOnly = TRUE))
n <- if (length(given)) given[[1]] else 1000
set_rkeops_option("threads", 2)

seconds <- function(code) {
  time <- system.time(code)
  sum(time[c("user.self", "sys.self")])
}
report <- function(what, ours, theirs, time_ours, time_theirs) {
  cat(sprintf(
    "%-52s difference %.0e   %7.2f s beside %7.2f s of the processor\n", what,
    max(abs(ours - theirs)) / max(abs(theirs)), time_ours, time_theirs
  ))
}

# ---- universal kriging of gstat ----

compare_gstat <- function(title, data, places, formula, trend, parameters) {
  psill <- parameters$variance
  model <- gstat::vgm(psill, "Exp", parameters$range, parameters$nugget)
  time_theirs <- seconds(there <- gstat::krige(
    trend, ~ x + y, data, places, model = model, debug.level = 0
  ))
  time_ours <- seconds({
    fit <- gaussian_process(
      formula, data, "exponential", range = parameters$range,
      variance = psill, nugget = parameters$nugget
    )
    at <- predict(fit, places, se.fit = TRUE)
  })
  report(paste(title, "predictions"), at$fit, there$var1.pred, time_ours,
         time_theirs)
  # gstat's variance is that of an observation
  report(paste(title, "variances"), at$se.fit^2 + parameters$nugget,
         there$var1.var, time_ours, time_theirs)
}

data(meuse, meuse.grid, package = "sp")
compare_gstat(
  "meuse, log(zinc), trend in sqrt(dist):", meuse, meuse.grid,
  log(zinc) ~ sqrt(dist) | x + y, log(zinc) ~ sqrt(dist),
  list(variance = 0.15, range = 340, nugget = 0.05)
)
cells <- expand.grid(x = seq_len(nrow(volcano)), y = seq_len(ncol(volcano)))
set.seed(22)
some <- sample(nrow(cells), n)
data <- cbind(cells[some, ], z = c(volcano)[some] + rnorm(n))
others <- cells[-some, ][seq_len(min(500, nrow(cells) - n)), ]
compare_gstat(
  sprintf("volcano, %d cells:", n), data, others, z ~ x + y, z ~ 1,
  list(variance = 700, range = 60, nugget = 1)
)

# ---- the Gaussian process of kernlab ----

places <- as.matrix(data[c("x", "y")])
time_theirs <- seconds({
  there <- kernlab::gausspr(
    places, data$z, kernel = "rbfdot", kpar = list(sigma = 1 / (2 * 5^2)),
    var = 0.1, scaled = FALSE, variance.model = TRUE
  )
  fit_theirs <- kernlab::predict(there, as.matrix(others))
  se_theirs <- kernlab::predict(there, as.matrix(others), type = "sdeviation")
})
time_ours <- seconds({
  fit <- gaussian_process(
    z ~ 0 | x + y, data, "gaussian", range = 5, variance = 1, nugget = 0.1
  )
  at <- predict(fit, others, se.fit = TRUE)
})
report("kernlab::gausspr, predictions", at$fit, c(fit_theirs), time_ours,
       time_theirs)
report("kernlab::gausspr, standard errors", at$se.fit, c(se_theirs), time_ours,
       time_theirs)

# ---- fields ----

time_theirs <- seconds({
  there <- fields::mKrig(
    places, data$z, m = 1, lambda = 1 / 700,
    cov.function = fields::stationary.cov,
    cov.args = list(Covariance = "Exponential", aRange = 60)
  )
  fit_theirs <- predict(there, as.matrix(others))
  se_theirs <- fields::predictSE(there, as.matrix(others))
})
time_ours <- seconds({
  fit <- gaussian_process(
    z ~ x + y, data, "exponential", range = 60, variance = 700, nugget = 1
  )
  at <- predict(fit, others, se.fit = TRUE)
})
report("fields::mKrig, predictions", at$fit, c(fit_theirs), time_ours,
       time_theirs)
# in units of the variance, which fields estimates
report("fields::mKrig, standard errors", at$se.fit / sqrt(700),
       se_theirs / sqrt(there$summary[["sigma2"]]), time_ours, time_theirs)
