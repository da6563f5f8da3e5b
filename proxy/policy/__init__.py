"""The one place where rights are decided: a policy folder, asked through Casbin, compiled into access views."""
