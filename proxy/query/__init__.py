"""SQL text in, completely understood statements out: parse, bind. What is not understood is refused."""
