// Nx asks for colours. What a test starts must print what it prints into a pipe.
delete process.env['FORCE_COLOR'];
