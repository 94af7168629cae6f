package test;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class Products {
    public static void main(String[] args) {
        SpringApplication.run(Products.class, args);
    }
}
