# Workers as package future has them: how many, where, and others in place of
# those that were lost.

workers_of_plan <- function() min(future::nbrOfWorkers(), most_sent)

# The nodes of a cluster that was made by hand; NULL where future makes them.
nodes_of_plan <- function() {
  nodes <- formals(future::plan("next"))$workers
  if (inherits(nodes, "cluster")) nodes
}

workers_here <- function() {
  nodes <- nodes_of_plan()
  here <- c("localhost", "127.0.0.1", Sys.info()[["nodename"]])
  if (is.null(nodes)) {
    return(workers_of_plan())
  }
  sum(vapply(nodes, function(node) isTRUE(node$host %in% here), NA))
}

# future sends to a worker that has died as to any other. It starts its own
# workers anew when the plan is set again, and hears no more of the old ones; of
# a cluster made by hand, those that answer go on, and the plan is as it was
# when the call ends.
replace_lost_workers <- function(run) {
  run$has_lost_worker <- FALSE
  run$stuck_since <- NULL
  nodes <- nodes_of_plan()
  plan <- future::plan("list")
  if (!inherits(plan[[1L]], "cluster")) {
    return()
  }
  if (is.null(nodes)) {
    future::plan(future::sequential)
    future::plan(plan)
    run$late <- workers$left <- list()
    return()
  }
  busy <- nodes_of_futures(c(lapply(run$late, `[[`, "future"), workers$left))
  alive <- vapply(seq_along(nodes), function(k) {
    !any(vapply(busy, identical, NA, nodes[[k]])) && is_alive(nodes[k])
  }, NA)
  if (all(alive)) {
    return()
  }
  if (!any(alive)) {
    abort_worker("All workers are lost.", "None of them answers.")
  }
  run$old_plan <- run$old_plan %||% plan
  future::plan(future::cluster, workers = nodes[alive])
}

# Those that compute something could not answer.
nodes_of_futures <- function(futures) {
  lapply(futures, function(future) future$workers[[future$node]])
}

# It answers a question within half a minute.
is_alive <- function(node) {
  plan <- future::plan(future::cluster, workers = node)
  on.exit(future::plan(plan))
  tryCatch(
    {
      answer <- future::future(TRUE, globals = FALSE, seed = NULL)
      end <- elapsed() + 30
      while (!is_resolved(answer) && elapsed() < end) Sys.sleep(longest_pause)
      is_resolved(answer) && isTRUE(future::value(answer))
    },
    error = function(e) FALSE
  )
}
