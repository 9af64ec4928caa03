complete --keep-order --exclusive --command pintle --arguments "(PINTLE_COMPLETE=fish pintle -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
